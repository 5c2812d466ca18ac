"""Files on the page: a table comes back as CSV, a text file is dropped and stopped."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import Select
from served_pages import address as address
from served_pages import browser as browser
from served_pages import one_model as one_model
from served_pages import page as page
from served_pages import profile as profile
from served_pages import pytestmark as pytestmark
from served_pages import shown, texts, until

ROWS = [
    ("no", "review", "label"),
    ("1", '说 "好"，\n很好', "old"),
    ("2", "=1+1", "+1"),
    ("3", "x" * 101, "-2"),
    *((str(i), f"row {i}", "") for i in range(4, 200)),
]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030"])
def test_a_file_comes_back_as_a_csv(
    encoding: str, page: Chrome, profile: Path, tmp_path: Path
) -> None:
    with (tmp_path / f"{encoding}.csv").open("w", encoding=encoding, newline="") as file:
        csv.writer(file).writerows(ROWS)
    page.find_element(By.ID, "file").send_keys(str(tmp_path / f"{encoding}.csv"))
    until(page, lambda: shown(page, "score"))
    column = Select(page.find_element(By.ID, "column"))
    assert [option.text for option in column.options] == ["no", "review", "label"]
    assert column.first_selected_option.text == "review"
    page.find_element(By.CSS_SELECTOR, "#score button.main").click()
    until(page, lambda: shown(page, "result"))
    told = "Rows labelled: 198. Rows without a label: 1; the column error says why."
    assert texts(page, "#state") == [told]
    page.find_element(By.ID, "result").click()
    saved = profile / f"{encoding}-labelled.csv"
    until(page, saved.exists)
    with saved.open(encoding="utf-8-sig", newline="") as file:
        head, *rows = csv.reader(file)
    added = ["predicted label", "p(long)", "p(short)", "error"]
    assert head == [*ROWS[0], *added]
    assert rows[0] == [*ROWS[1], "long", "1", "0", ""]
    assert rows[1] == ["2", "'=1+1", "+1", "long", "0.5714286", "0.4285714", ""]
    assert rows[2][-1] == "longer than 100 characters"
    assert [row[0] for row in rows] == [row[0] for row in ROWS[1:]]


def test_a_text_file_is_dropped_and_stopped(page: Chrome, tmp_path: Path) -> None:
    page.execute_script(
        "const files = new DataTransfer();"
        "files.items.add(new File(['good, fine\\nbad\\n\\n'], 'lines.txt'));"
        "document.dispatchEvent(new DragEvent('drop', { dataTransfer: files }))"
    )
    until(page, lambda: texts(page, "#state") == ["lines.txt · rows: 2"])
    assert not page.find_element(By.ID, "header").is_selected()
    page.execute_script(  # the click that stops it comes before the first answer
        "document.querySelector('#score button.main').click();"
        "document.getElementById('cancel').click()"
    )
    until(page, lambda: texts(page, "#state") == ["Stopped."])
    page.find_element(By.CSS_SELECTOR, "#score button.main").click()
    until(page, lambda: texts(page, "#state") == ["Rows labelled: 2."])
