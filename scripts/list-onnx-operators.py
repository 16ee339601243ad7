"""Writes the operators of ONNX to crates/doubleback-import/src/onnx/operators.tsv: domain, name, versions at which each changed, and
whether the newest has it no more. For the table in docs/onnx-operators.md, which a test makes of it.

    python scripts/list-onnx-operators.py          (with onnx, newest)
"""

import pathlib

import onnx

operators = {}
for schema in onnx.defs.get_all_schemas_with_history():
    operators.setdefault((schema.domain, schema.name), []).append((schema.since_version, schema.deprecated))

lines = [f"# onnx {onnx.__version__}, opset {onnx.defs.onnx_opset_version()}: domain, operator, changed at, gone since"]
for (domain, name), versions in sorted(operators.items()):
    versions.sort()
    last, deprecated = versions[-1]
    changed = ",".join(str(version) for version, _ in versions if not deprecated or version != last)
    lines.append("\t".join([domain, name, changed, str(last) if deprecated else ""]))

target = pathlib.Path(__file__).parent.parent / "crates/doubleback-import/src/onnx/operators.tsv"

target.write_text("\n".join(lines) + "\n")
print(f"{len(lines) - 1} operators: {target}")
