"""The page of several rides: how they stand beside each other."""

import re

from sagalint.drawing.page import page


def test_four_rides_fill_each_row_of_the_page() -> None:
    """However wide the window is: never three beside each other, and one below."""
    rules = re.findall(r"\.rides \{[^}]*grid-template-columns: ([^;}]+)", page([]))
    columns = [re.match(r"repeat\((\d+),", rule) for rule in rules]
    assert [int(found[1]) if found else 1 for found in columns] == [1, 2, 4]
