"""Which language the command line speaks."""

import pytest

from renkei.cli.language import choose_language


@pytest.mark.parametrize(
    ("arguments", "environ", "lang"),
    [
        ([], {}, "en"),
        ([], {"LANG": "ja_JP.UTF-8"}, "ja"),
        ([], {"LANG": "ja_JP.UTF-8", "LC_ALL": "C"}, "en"),
        ([], {"RENKEI_LANG": "en", "LANG": "ja_JP.UTF-8"}, "en"),
        (["org", "list", "--lang", "ja"], {"RENKEI_LANG": "en"}, "ja"),
        (["--lang=ja"], {}, "ja"),
        (["org", "--lang"], {"LANG": "de_DE"}, "en"),
    ],
)
def test_the_option_goes_before_the_setting_and_the_setting_before_the_locale(
    arguments: list[str], environ: dict[str, str], lang: str
) -> None:
    assert choose_language(arguments, environ) == lang
