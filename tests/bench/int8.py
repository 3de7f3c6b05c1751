#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A graph of speed.py --export whose products of matrices are in int8, as ONNX Runtime's quantize_dynamic makes them.

    int8.py GRAPH OUT

Both factors are rounded to 8 bits, with a scale for each tensor, while the graph runs (DynamicQuantizeLinear):

    y = a_scale b_scale sum (a - a_zero) (b - b_zero)

Convolutions stay as they are: ConvInteger takes five times as long as Conv (ONNX Runtime 1.30).
"""
import sys

import onnx
from onnx import TensorProto, helper


def rounded(name, nodes, known):
    """[numbers in 8 bits, scale, zero] of a tensor; once, if several nodes read it."""
    if name not in known:
        known[name] = [f"{name}_{part}" for part in ("int8", "scale", "zero")]
        nodes.append(helper.make_node("DynamicQuantizeLinear", [name], known[name]))
    return known[name]


def product(node, nodes, known):
    (a, a_scale, a_zero), (b, b_scale, b_zero) = (rounded(name, nodes, known) for name in node.input)
    out = node.output[0]
    nodes.append(helper.make_node("MatMulInteger", [a, b, a_zero, b_zero], [out + "_sum"]))
    nodes.append(helper.make_node("Cast", [out + "_sum"], [out + "_float"], to=TensorProto.FLOAT))
    nodes.append(helper.make_node("Mul", [a_scale, b_scale], [out + "_unit"]))
    nodes.append(helper.make_node("Mul", [out + "_float", out + "_unit"], [out]))


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    model = onnx.load(sys.argv[1])
    nodes, known = [], {}
    for node in model.graph.node:
        if node.op_type == "MatMul":
            product(node, nodes, known)
        else:
            nodes.append(node)
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    onnx.save(model, sys.argv[2])


if __name__ == "__main__":
    main()
