"""Lints IAM policies and Terraform configurations: for `tests/infrastructure-lint`, which installs what this needs."""

import ast
import pathlib
import sys
import warnings
import zipfile

warnings.filterwarnings("ignore", category=UserWarning, module="parliament")

import parliament
import pygohcl

TYPES = {"str": str, "int": int, "bool": bool}
# What every resource may have, whatever its provider says.
META_ARGUMENTS = {"lifecycle"}


def policy_findings(text):
    findings = parliament.analyze_policy_string(text).findings
    # The linter's data lacks this condition key of KMS.
    return [finding for finding in findings if "kms:ResourceAliases" not in finding.detail]


class Schema:
    """The arguments of the provider's resource, from the classes that Pulumi generates from the provider's schema."""

    def __init__(self, wheel):
        self.classes = {}
        with zipfile.ZipFile(wheel) as archive:
            for file in ("_inputs.py", "table.py"):
                module = ast.parse(archive.read(f"pulumi_aws/dynamodb/{file}"))
                for node in module.body:
                    if isinstance(node, ast.ClassDef) and node.name.endswith("Args"):
                        self.classes[node.name] = self.arguments(node)

    @staticmethod
    def arguments(node):
        init = next(part for part in node.body if isinstance(part, ast.FunctionDef) and part.name == "__init__")
        source = ast.unparse(init)
        arguments = {}
        for argument, default in zip(init.args.kwonlyargs, init.args.kw_defaults):
            deprecated = f"{argument.arg} is deprecated" in source
            arguments[argument.arg] = (ast.unparse(argument.annotation), default is None, deprecated)
        return arguments

    def findings(self, body, name="TableArgs", path="aws_dynamodb_table"):
        arguments, missing = self.classes[name], dict(self.classes[name])
        for key, value in body.items():
            if key in META_ARGUMENTS and name == "TableArgs":
                continue
            # Pulumi names what may be repeated in the plural.
            known = next((k for k in (key, f"{key}s", f"{key}es") if k in arguments), None)
            if known is None:
                yield f"{path}.{key}: no such argument"
                continue
            missing.pop(known, None)
            annotation, _, deprecated = arguments[known]
            if deprecated:
                yield f"{path}.{key}: deprecated"
            block = next((c for c in self.classes if f"'{c}'" in annotation), None)
            if block is not None:
                bodies = value if isinstance(value, list) else [value]
                if len(bodies) > 1 and "Sequence" not in annotation:
                    yield f"{path}.{key}: given more than once"
                for inner in bodies:
                    yield from self.findings(inner, block, f"{path}.{key}")
            elif "Mapping" in annotation:
                if not all(isinstance(text, str) for text in value.values()):
                    yield f"{path}.{key}: not a map of texts"
            else:
                expected = next(kind for word, kind in TYPES.items() if f"_builtins.{word}" in annotation)
                if type(value) is not expected:
                    yield f"{path}.{key}: {value!r} is not a {expected.__name__}"
        for key, (_, required, _) in missing.items():
            if required:
                yield f"{path}.{key}: missing"


def table_findings(schema, text):
    try:
        configuration = pygohcl.loads(text)
    except pygohcl.HCLParseError as error:
        return [str(error)]
    return list(schema.findings(configuration["resource"]["aws_dynamodb_table"]["sessions"]))


def main(texts, wheel):
    schema = Schema(wheel)
    folder = pathlib.Path(texts)
    failed = False

    def broken(file, before, after):
        text = (folder / file).read_text()
        assert before in text, (file, before)
        return text.replace(before, after)

    policy, table = "iam/ledger-production-list.json", "terraform/ledger-production.tf"
    for findings in (
        policy_findings(broken(policy, "BatchGetItem", "BatchGetItems")),
        policy_findings(broken(policy, '"Effect"', '"Affect"')),
        policy_findings(broken(policy, "dynamodb:*:*:table", "dynamodb:*:*:tables")),
        table_findings(schema, broken(table, "key_type", "key_kind")),
        table_findings(schema, broken(table, "enabled        = true", "enabled        = 1")),
        table_findings(schema, broken(table, "lifecycle {", "lifecycle")),
        table_findings(schema, broken(table, "projection_type = \"KEYS_ONLY\"", "hash_key = \"user\"")),
    ):
        assert findings, "a broken text is accepted"

    policies = sorted(folder.glob("iam/*.json"))
    configurations = sorted(folder.glob("terraform/*.tf"))
    assert policies and configurations, "nothing was written"
    for files, lint in (
        (policies, policy_findings),
        (configurations, lambda text: table_findings(schema, text)),
    ):
        for file in files:
            for finding in lint(file.read_text()):
                print(f"{file}: {finding}", file=sys.stderr)
                failed = True
    if not failed:
        print(f"{len(policies)} policies and {len(configurations)} configurations are right.")
    sys.exit(failed)


main(*sys.argv[1:])
