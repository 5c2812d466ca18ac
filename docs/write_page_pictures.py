"""Pictures of the page of ``serve``, wide and narrow: ``docs/write_page_pictures.py ADDRESS``.

Needs Chromium, its driver, and a server of a model of Chinese reviews.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "helpers"))

from browser import open_browser, resize
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

TEXTS = "房间很干净，早餐也不错，下次还住这里。\n<b>手机屏幕破损</b>，很失望，   只好退货。"
ROWS = "id,review\n1,很好，喜欢\n2,快递太慢，苹果都坏了\n3,内容一般\n"


def shoot(address: str, language: str, width: int, target: Path) -> None:
    """A picture of the whole page after texts and a file were labelled."""
    with tempfile.TemporaryDirectory() as folder:
        browser = open_browser(Path(folder), language=language, width=width)
        wait = WebDriverWait(browser, 30)
        try:
            browser.get(address)
            wait.until(lambda _: browser.find_element(By.ID, "text").is_displayed())
            browser.find_element(By.ID, "text").send_keys(TEXTS)
            browser.find_element(By.CSS_SELECTOR, "#ask button").click()
            wait.until(lambda _: browser.find_elements(By.CLASS_NAME, "said"))
            file = Path(folder) / "reviews.csv"
            file.write_text(ROWS, "utf-8")
            browser.find_element(By.ID, "file").send_keys(str(file))
            wait.until(lambda _: browser.find_element(By.ID, "score").is_displayed())
            browser.find_element(By.CSS_SELECTOR, "#score button.main").click()
            wait.until(lambda _: browser.find_element(By.ID, "result").is_displayed())
            height = browser.execute_script("return document.documentElement.scrollHeight")
            resize(browser, width, height)
            browser.save_screenshot(str(target))
        finally:
            browser.quit()


if __name__ == "__main__":
    pictures = Path(__file__).with_name("pictures")
    shoot(sys.argv[1], "en", 900, pictures / "page.png")
    shoot(sys.argv[1], "zh-CN,zh", 360, pictures / "page_zh_narrow.png")
