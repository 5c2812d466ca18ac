import gc

import pytest

from weitiao.cli import main


def test_garbage_is_collected_again_once_a_verb_is_imported() -> None:
    assert callable(main._function_of("corpus"))
    assert gc.isenabled()


def test_and_where_its_import_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(main.VERBS, "tune", ("weitiao.absent:run_tune", ""))
    with pytest.raises(ImportError):
        main._function_of("tune")
    assert gc.isenabled()
