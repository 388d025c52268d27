"""Where azure-ai-ml's loaders and we rightly differ over a broken document: a table, with the reason of each line."""

from __future__ import annotations

import re
from typing import Final

from tests.mutants import Verdict

REFUSED_ALL_THE_SAME: Final[tuple[tuple[str, str, str, str], ...]] = (
    ("", "", "missing-file|invalid-value: .* is an? (uri_|mltable|file|folder)|invalid-value: .*is a (file|folder)",
     "the loader does not look for files; the upload would fail, and the plan says so"),
    ("", "", "wrong-type: .*must be a whole number; got -?[0-9.]+", "the loader cuts the fraction off without a word"),
    ("", "", "wrong-type: .*must be (text|a whole number|a mapping|true or false|'auto').*got (a list|a mapping|'|[0-9])",
     "the loader does not look; the service keeps something else there. Source: Azure REST specification"),
    ("", "", "invalid-value: .*(must be (at least|at most|greater than|less than|from)|more than|is greater than|the maximum is)",
     "the service refuses such a number"),
    ("", "", "invalid-value: .*(The command refers to|cannot mention)|invalid-reference: .*is bound to an? (in|out)put",
     "nothing fills in such a placeholder, and the service refuses the job"),
    ("", "", "invalid-reference: .*does not start with 'azureml:'", "the service needs an id or a name with azureml:"),
    ("", "", "unknown-attribute", "no job of the spec has such an output"),
    ("", "", "missing-field: .*requires the field 'path'", "the service needs to know where the files are"),
    ("compute.kubernetes", "", "missing-field: .*'resource_id'", "nothing could be attached"),
    ("environments", "", "missing-field: .*requires 'image'", "the service builds nothing from nothing"),
    ("environments", "conda_file", "wrong-type: .*conda file", "conda would fail when the image is built"),
    ("jobs", "environment", "missing-field: .*requires 'image'", "the same of an environment inside a job"),
    ("jobs.sweep", "", "missing-field: .*'search_space'", "all trials would be the same; the service refuses it"),
    ("online_endpoints", "", "missing-field: .*requires '?(image|code_configuration|scoring_script)", "the deployment could not start"),
    ("online_endpoints.traffic", "", "invalid-value: .*mirrored|unknown-resource|invalid-value: .*100", "the service checks traffic"),
    ("batch_endpoints", "", "unknown-resource", "no deployment of that name is in the spec"),
    ("batch_endpoints", "", "missing-field", "the deployment could not start"),
    ("datastores.azure_file", "", "missing-field: .*'credentials'", "a file share cannot be reached by identity"),
    ("datastores", "protocol", "invalid-value: .*allowed values", "the service knows these protocols only"),
    ("jobs.automl", "", "missing-field: .*'(forecasting|time_column_name|training_data|target_column_name)'", "the service cannot train"),
    ("schedules", "trigger", "invalid-value: .*(cron expression|time zone)", "the service refuses the trigger"),
    ("workspaces", "outbound_rules", "invalid-value: .*allowed values", "the service knows these types of rules only"),
    ("", "(user_assigned_identities|outbound_rules)", "unknown-field", "the loader drops it without a word"),
)  # fmt: skip
"""What is refused although the client's loader takes it: kind and variant, a part of the place, our words, and why that is right."""

TAKEN_ALL_THE_SAME: Final[tuple[tuple[str, str, str], ...]] = (
    ("Not a valid string", "", "a number or a boolean is the very text that stands in the file, and sent as text"),
    ("missing 1 required keyword-only argument: 'endpoint'", "", "the endpoint of a lake house is made of its target"),
    ("Invalid input type", "user_assigned_identities", "an identity's id alone is sent as the mapping it stands for"),
    ("specify an existing computes", "compute", "a name alone is sent as the identifier it stands for"),
)
"""What is taken although the client's loader refuses it: its words, a part of the place, and why that is right."""


def reason_for_refusing(verdict: Verdict) -> str:
    """Why it is right to refuse what the client takes; empty if it is not."""
    where, place = str(verdict.mutant.document), ".".join(map(str, verdict.mutant.place))
    for kind, part, words, why in REFUSED_ALL_THE_SAME:
        fits = where.startswith(kind) and re.search(part, place)
        if fits and any(re.match(words, one) for one in verdict.ours):
            return why
    return ""


def reason_for_taking(verdict: Verdict) -> str:
    """Why it is right to take what the client refuses; empty if it is not."""
    for words, part, why in TAKEN_ALL_THE_SAME:
        if words in verdict.theirs and re.search(part, str(verdict.mutant.place)):
            return why
    return ""
