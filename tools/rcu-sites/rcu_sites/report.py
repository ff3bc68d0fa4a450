# SPDX-License-Identifier: GPL-2.0
"""Sites as a table, as JSON, as SARIF."""

import json

from . import sites

LEVELS = {sites.MODULE: "warning", sites.BUILTIN: "note", sites.ATOMIC: "note",
          sites.NOT: "none", sites.DONE: "none"}
SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def as_table(found):
    """Text, a verdict after the other; those that are converted come last."""
    for verdict, meaning in sites.VERDICTS.items():
        rows = [site for site in found if site.verdict == verdict]
        if not rows:
            continue
        yield f"{verdict}: {len(rows)} ({meaning})"
        yield ""
        for site in rows:
            yield (f"  {site.path}:{site.line} {site.function}(): "
                   f"{', '.join(site.freed)} [{site.pattern}]")
            yield f"      {site.reason} ({site.confidence} confidence)"
        yield ""
    counts = [f"{sum(s.verdict == v for s in found)} {v}" for v in sites.VERDICTS]
    yield f"{len(found)} sites: {', '.join(counts)}"


def as_json(found):
    """An array of objects."""
    return json.dumps([site.as_dict() for site in found], indent=1)


def as_sarif(found):
    """SARIF 2.1.0, for viewers of findings."""
    rules = [{"id": verdict, "shortDescription": {"text": meaning}}
             for verdict, meaning in sites.VERDICTS.items()]
    results = [{
        "ruleId": site.verdict,
        "level": LEVELS[site.verdict],
        "kind": "informational" if LEVELS[site.verdict] == "none" else "fail",
        "message": {"text": f"{site.function}() frees {', '.join(site.freed)}: "
                            f"{site.reason}"},
        "locations": [{"physicalLocation": {
            "artifactLocation": {"uri": site.path, "uriBaseId": "TREE"},
            "region": {"startLine": site.line}}}],
        "properties": {"pattern": site.pattern, "confidence": site.confidence},
    } for site in found]
    run = {"tool": {"driver": {"name": "find-sites", "rules": rules}}, "results": results}
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=1)
