"""The page's legend and its pictures say the same of a state, by colour, sign and word."""

import re

from tests.conftest import ROOT
from wild_rydes_saga.console.facts.picture import CLASSES, SIGNS


def test_the_legend_has_each_outcome_with_its_sign_and_its_word() -> None:
    page = (ROOT / "wild_rydes_saga" / "console" / "static" / "ride.js").read_text(encoding="utf-8")
    [legend] = re.findall(r"function legend\(\) \{\n(.*?)\n\}", page, re.DOTALL)
    shown = re.findall(r'\["(\w+)", "(.?)", "([\w ]+)"\]', legend)
    assert shown == [(CLASSES[outcome], SIGNS[outcome], outcome.value) for outcome in CLASSES]
