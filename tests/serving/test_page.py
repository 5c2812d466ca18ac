"""The page in a browser: by keyboard, in both languages, on a narrow screen, with files."""

from __future__ import annotations

import csv
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from browser import can_open, open_browser
from selenium.webdriver import ActionChains, Chrome, Keys
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import Select, WebDriverWait
from served_models import Answers, Echoes, LastOption, Lengths, Names

from weitiao.io.dialogues.messages import messages_in
from weitiao.serving.app import make_app
from weitiao.serving.limits import Limits
from weitiao.serving.models import Models

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not can_open(), reason="needs chromium and chromedriver"),
]
SECRET = "a-token-of-the-test-0123"
BAD = "<img src=x onerror=alert(1)>"


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., str]]:
    """Starts servers of models by name; gives their addresses."""
    run = tmp_path_factory.mktemp("run") / "best.ckpt"
    run.touch()
    servers: list[tuple[uvicorn.Server, threading.Thread]] = []

    def start(token: str | None = None, characters: int = 100, **models: Any) -> str:
        given = iter(models.values())
        served = Models(dict.fromkeys(models, run), lambda _: next(given))
        app = make_app(served, Limits(characters=characters), token)
        bound = socket.create_server(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(app, log_level="error", ws="none"))
        thread = threading.Thread(target=server.run, args=([bound],), daemon=True)
        thread.start()
        servers.append((server, thread))
        return f"http://127.0.0.1:{bound.getsockname()[1]}/"

    yield start
    for server, thread in servers:
        server.should_exit = True
        thread.join(10)


@pytest.fixture(scope="module")
def one_model(address: Callable[..., str]) -> str:
    return address(lengths=Lengths())


@pytest.fixture(scope="module")
def profile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("profile")


@pytest.fixture(scope="module")
def browser(profile: Path) -> Iterator[Chrome]:
    opened = open_browser(profile)
    yield opened
    opened.quit()


@pytest.fixture
def page(browser: Chrome, one_model: str) -> Iterator[Chrome]:
    """The page, fresh; nothing may be amiss in the browser's console in the end."""
    browser.get_log("browser")  # of earlier pages
    show(browser, one_model)
    yield browser
    assert browser.get_log("browser") == []


def show(browser: Chrome, address: str) -> None:
    browser.get(address)
    until(browser, lambda: shown(browser, "work") or shown(browser, "key"))


def write(browser: Chrome, field: str, text: str) -> None:
    """What a person would type; ChromeDriver types no character beyond the basic plane."""
    script = "arguments[0].value = arguments[1]; arguments[0].dispatchEvent(new Event('input'))"
    browser.execute_script(script, browser.find_element(By.ID, field), text)


def until(browser: Chrome, true: Callable[[], Any]) -> Any:
    return WebDriverWait(browser, 10, 0.02).until(lambda _: true())


def shown(browser: Chrome, name: str) -> bool:
    return browser.find_element(By.ID, name).is_displayed()


def texts(browser: Chrome, selector: str) -> list[str]:
    return [found.text for found in browser.find_elements(By.CSS_SELECTOR, selector)]


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


def test_spans_are_marked_in_the_text(browser: Chrome, address: Callable[..., str]) -> None:
    show(browser, address(names=Names()))
    write(browser, "text", f"\U00020b9f王伟和王芳{BAD}\n没有人")
    browser.find_element(By.CSS_SELECTOR, "#ask button").click()
    until(browser, lambda: len(texts(browser, "#answers > li")) == 2)
    assert texts(browser, "#answers mark") == ["王伟PER 0.987", "王芳PER 0.984"]
    first, second = texts(browser, "#answers .text")
    assert first == f"\U00020b9f王伟PER 0.987和王芳PER 0.984{BAD}"
    assert second == "没有人"
    assert browser.get_log("browser") == []


@pytest.mark.parametrize(("asked", "marks"), [("王伟", ["王伟0.988"]), ("李娜", [])])
def test_an_answer_is_marked_in_its_text(
    asked: str, marks: list[str], browser: Chrome, address: Callable[..., str]
) -> None:
    show(browser, address(answers=Answers()))
    write(browser, "text", f"\U00020b9f王伟在北京{BAD}")
    browser.find_element(By.ID, "pair").send_keys(asked)
    browser.find_element(By.CSS_SELECTOR, "#ask button").click()
    until(browser, lambda: len(texts(browser, "#answers > li")) == 1)
    assert texts(browser, "#answers mark") == marks
    shown = f"\U00020b9f{marks[0] if marks else '王伟'}在北京{BAD}\n{asked}"
    assert texts(browser, "#answers .text") == [shown]
    assert texts(browser, "#answers .said") == ([] if marks else ["no label"])
    assert browser.get_log("browser") == []


def test_options_stand_on_a_line_each(browser: Chrome, address: Callable[..., str]) -> None:
    show(browser, address(default=LastOption()))
    assert texts(browser, "#of-pair") == ["Options, one a line"]
    browser.find_element(By.ID, "text").send_keys("who?")
    browser.find_element(By.ID, "pair").send_keys("a cat\na dog\n")
    browser.find_element(By.CSS_SELECTOR, "#ask button").click()
    until(browser, lambda: texts(browser, ".said") == ["B"])
    assert texts(browser, "#answers dt") == ["A", "B"]
    assert texts(browser, "#answers dd") == ["50.0 %", "50.0 %"]
    assert not texts(browser, ".note")
    browser.find_element(By.ID, "pair").clear()
    browser.find_element(By.ID, "pair").send_keys("a cat")
    browser.find_element(By.CSS_SELECTOR, "#ask button").click()
    until(browser, lambda: "needs two options" in texts(browser, "#fault")[0])


def say(browser: Chrome, text: str) -> None:
    write(browser, "text", text)
    browser.find_element(By.CSS_SELECTOR, "#ask button").click()


def test_an_answer_is_shown_while_it_grows(browser: Chrome, address: Callable[..., str]) -> None:
    model = Echoes(fails="!")
    browser.get_log("browser")  # of earlier pages
    show(browser, address(default=model, characters=1000))
    assert texts(browser, "#of-text") == ["Message"]
    model.free.clear()
    said = f"\U00020b9f好 {BAD}\n再见"
    say(browser, said)
    until(browser, lambda: texts(browser, "#answers .said") == ["\U00020b9f"])
    assert shown(browser, "stop")
    model.free.set()
    until(browser, lambda: not shown(browser, "stop"))
    assert texts(browser, "#answers p") == [said, said]
    assert browser.find_element(By.ID, "text").get_attribute("value") == ""
    assert not shown(browser, "fault")

    model.free.clear()  # what was heard of a stopped answer stays, and is part of what follows
    say(browser, "zweite")
    until(browser, lambda: texts(browser, "#answers .said")[1:] == ["z"])
    browser.find_element(By.ID, "stop").click()
    until(browser, lambda: not shown(browser, "stop"))
    until(browser, model.talks[-1].answer.cancelled)
    model.free.set()
    say(browser, "a!")  # what fails doesn't
    until(browser, lambda: shown(browser, "fault"))
    assert browser.find_element(By.ID, "text").get_attribute("value") == "a!"
    say(browser, "last")
    until(browser, lambda: texts(browser, "#answers .said")[2:] == ["last"])
    spoken = [message.content for message in messages_in(model.talks[-1].text)]
    assert spoken == [said, said, "zweite", "z", "last"]
    say(browser, "too long")
    note = ["The model has no room for the oldest messages: they were left out."]
    until(browser, lambda: texts(browser, "#answers .note") == note)
    browser.find_element(By.ID, "forget").click()
    assert texts(browser, "#answers li") == []
    assert [entry for entry in browser.get_log("browser") if "500" not in entry["message"]] == []


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
