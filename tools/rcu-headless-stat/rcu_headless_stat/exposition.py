# SPDX-License-Identifier: GPL-2.0
"""Metrics in the text formats that Prometheus reads: its own, and OpenMetrics 1.0."""

from .metrics import families


def escape(text, *signs):
    """With a backslash before each of these, and before itself."""
    for sign in ("\\", *signs):
        text = text.replace(sign, "\\" + sign)
    return text.replace("\n", "\\n")


def line(name, labels, value):
    """One sample."""
    inside = ",".join(f'{key}="{escape(str(text), chr(34))}"' for key, text in labels.items())
    return f"{name}{{{inside}}} {value}" if inside else f"{name} {value}"


def samples(family):
    """All samples of a metric, which are the same in both formats."""
    return [line(family.name + suffix, labels, value)
            for suffix, labels, value in family.samples]


def prometheus(sample):
    """In the format that all its versions and node_exporter's textfile collector read."""
    lines = []
    for family in families(sample):
        # Here a counter's name has its end everywhere, and what begins a quotation needs nothing.
        name = family.name + ("_total" if family.kind == "counter" else "")
        kind = "untyped" if family.kind == "unknown" else family.kind
        lines += [f"# HELP {name} {escape(family.text)}", f"# TYPE {name} {kind}",
                  *samples(family)]
    return "\n".join([*lines, ""])


def openmetrics(sample):
    """In the format of OpenMetrics."""
    lines = []
    for family in families(sample):
        lines.append(f"# TYPE {family.name} {family.kind}")
        if family.unit:
            lines.append(f"# UNIT {family.name} {family.unit}")
        lines += [f"# HELP {family.name} {escape(family.text, chr(34))}", *samples(family)]
    return "\n".join([*lines, "# EOF", ""])
