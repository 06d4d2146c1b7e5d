"""The list of prices: each has AWS's page, and says where its figure was read."""

from urllib.parse import urlsplit

import pytest

from tests.conftest import ROOT
from tools import prices

LIST = {name: one for name, one in vars(prices).items() if isinstance(one, prices.Price)}


@pytest.mark.parametrize("name", LIST)
def test_a_price_names_awss_page_and_where_it_was_read(name: str) -> None:
    price = LIST[name]
    assert price.dollars > 0
    assert urlsplit(price.source).hostname == "aws.amazon.com"
    assert price.read in (prices.AWS, prices.OTHERS)


def test_the_page_says_how_many_prices_were_read_at_aws() -> None:
    read = [one.read for one in LIST.values()]
    page = (ROOT / "docs" / "performance.md").read_text(encoding="utf-8")
    assert f"{read.count(prices.AWS)} of its {len(read)} figures" in " ".join(page.split())
