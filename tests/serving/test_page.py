"""The page in a browser: by keyboard, in both languages, on a narrow screen, behind a token."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from browser import open_browser
from selenium.webdriver import ActionChains, Chrome, Keys
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import Select
from served_models import Lengths
from served_pages import BAD, show, shown, texts, until
from served_pages import address as address
from served_pages import browser as browser
from served_pages import one_model as one_model
from served_pages import page as page
from served_pages import profile as profile
from served_pages import pytestmark as pytestmark

SECRET = "a-token-of-the-test-0123"


def test_texts_are_labelled_by_keyboard_alone(page: Chrome) -> None:
    assert page.switch_to.active_element.get_attribute("id") == "text"
    ActionChains(page).send_keys("a", Keys.ENTER, "  much longer").perform()
    send = ActionChains(page).key_down(Keys.CONTROL).send_keys(Keys.ENTER)
    send.key_up(Keys.CONTROL).perform()
    until(page, lambda: len(texts(page, "#answers > li")) == 2)
    assert texts(page, ".said") == ["short", "long"]
    assert texts(page, "#answers > li:first-child dd") == ["85.7 %", "14.3 %"]
    assert texts(page, ".note") == [
        "Read as much longer",
        "Too long: what is struck out was not read.",
    ]
    assert texts(page, "del") == ["onger"]
    widths = page.execute_script(
        "return [...document.querySelectorAll('.bar i')].map((bar) => bar.style.width)"
    )
    assert widths[0].startswith("85.7")
    # from the button on, everything can be reached by the tabulator
    reached = []
    for _ in range(4):
        ActionChains(page).send_keys(Keys.TAB).perform()
        reached.append(page.switch_to.active_element.get_attribute("id"))
    assert "file" in reached


def test_markup_in_a_text_is_a_text(page: Chrome) -> None:
    page.find_element(By.ID, "text").send_keys(BAD)
    page.find_element(By.CSS_SELECTOR, "#ask button").click()
    until(page, lambda: texts(page, ".text"))
    assert texts(page, ".text") == [BAD]
    assert page.find_elements(By.TAG_NAME, "img") == []


def test_scripts_that_are_not_the_pages_own_do_not_run(browser: Chrome, one_model: str) -> None:
    show(browser, one_model)
    browser.execute_script(
        "const s = document.createElement('script'); s.textContent = 'window.ran = 1';"
        "document.body.append(s)"
    )
    assert browser.execute_script("return window.ran") is None
    assert "Content Security Policy" in str(browser.get_log("browser"))


def test_what_the_server_refuses_is_told(page: Chrome) -> None:
    page.find_element(By.ID, "text").send_keys("a" * 101)
    page.find_element(By.CSS_SELECTOR, "#ask button").click()
    until(page, lambda: texts(page, "#fault") != [""])
    assert texts(page, "#fault") == ["texts[0]: 101 characters are more than 100"]
    assert "413" in str(page.get_log("browser"))  # the browser's own note


def test_pairs_and_several_models(
    browser: Chrome, address: Callable[..., str], tmp_path: Path
) -> None:
    show(browser, address(texts=Lengths(), pairs=Lengths(pair=True)))
    assert not shown(browser, "pair")
    Select(browser.find_element(By.ID, "model")).select_by_visible_text("pairs")
    assert shown(browser, "pair")
    browser.find_element(By.ID, "text").send_keys("a")
    browser.find_element(By.ID, "pair").send_keys("much longer")
    browser.find_element(By.CSS_SELECTOR, "#ask button").click()
    until(browser, lambda: texts(browser, ".said") == ["long"])
    (tmp_path / "pairs.csv").write_text("a,b\nlonger,x\nlonger,much longer\n")
    browser.find_element(By.ID, "file").send_keys(str(tmp_path / "pairs.csv"))
    until(browser, lambda: shown(browser, "of-other"))
    for name, column in (("column", "a"), ("other", "b")):
        Select(browser.find_element(By.ID, name)).select_by_visible_text(column)
    browser.find_element(By.CSS_SELECTOR, "#score button.main").click()
    until(browser, lambda: texts(browser, "#state") == ["Rows labelled: 2."])


def test_a_token_opens_the_page(browser: Chrome, address: Callable[..., str]) -> None:
    show(browser, address(SECRET, texts=Lengths()))
    assert not shown(browser, "work")
    field = browser.find_element(By.ID, "token")
    field.send_keys("wrong", Keys.ENTER)
    until(browser, lambda: field.get_attribute("validationMessage") == "That is not the token.")
    field.clear()
    field.send_keys(SECRET, Keys.ENTER)
    until(browser, lambda: shown(browser, "work"))
    browser.find_element(By.ID, "text").send_keys("a")
    browser.find_element(By.CSS_SELECTOR, "#ask button").click()
    until(browser, lambda: texts(browser, ".said") == ["short"])


def test_chinese_on_a_narrow_screen(one_model: str, tmp_path: Path) -> None:
    browser = open_browser(tmp_path / "profile", language="zh-CN,zh", width=360)
    try:
        show(browser, one_model)
        assert texts(browser, "h2") == ["文本", "文件"]
        long = "long" * 20
        browser.find_element(By.ID, "text").send_keys(long)
        browser.find_element(By.CSS_SELECTOR, "#ask button").click()
        until(browser, lambda: texts(browser, ".note")[1:] == ["太长：划掉的部分没有读。"])
        width = browser.execute_script("return document.documentElement.scrollWidth")
        assert width == 360, "nothing is wider than the screen"
        browser.find_element(By.ID, "language").click()
        assert texts(browser, "h2") == ["Text", "File"]
        assert texts(browser, ".note")[1:] == ["Too long: what is struck out was not read."]
    finally:
        browser.quit()


def test_both_languages_say_the_same_things(page: Chrome) -> None:
    missing = page.execute_async_script("""
        const done = arguments[0];
        import("./words.js").then(async ({ say, changeLanguage }) => {
          const source = await (await fetch("words.js")).text();
          const names = [...source.matchAll(/(\\w+): "/g)].map((found) => found[1]);
          const lacks = (name) => { try { return !say(name); } catch { return true; } };
          const first = names.filter(lacks);
          changeLanguage();
          done([...first, ...names.filter(lacks)]);
        });
    """)
    assert missing == []
