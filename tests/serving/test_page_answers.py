"""Spans, answers, options and conversations as the page shows them."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from served_models import Answers, Echoes, LastOption, Names
from served_pages import BAD, show, shown, texts, until, write
from served_pages import address as address
from served_pages import browser as browser
from served_pages import profile as profile
from served_pages import pytestmark as pytestmark

from weitiao.io.dialogues.messages import messages_in


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
