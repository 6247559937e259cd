"""README.zh-CN.md says what README.md says: the same commands, code, figures and links.

It has the sections in `TITLES`. In each of them, and in each row of a table, what is not prose has
to be the same: blocks, whose comments may be translated, code in lines, the targets of links, and
numbers in digits. Numbers in words may be translated.
"""

import re
from collections import Counter

import pytest

from tests.test_docs import FENCE, README, ROOT

CHINESE = ROOT / "README.zh-CN.md"
TITLES = {
    "": "",
    "Quick start": "快速上手",
    "What is in it": "内容一览",
    "The ops by hand": "直接使用算子",
    "Beside Keras": "与 Keras 对照",
    "Looking inside a step": "观察训练步的内部",
    "Where to go on": "延伸阅读",
}
OTHERS = re.compile(r"\[[^\]]*\]\(README(\.zh-CN)?\.md\)")  # the links between the two
COMMENT = re.compile(r"(?<!\S)#.*$", re.M)
NUMBER = re.compile(r"\d+(?:[.,]\d+)*")


def sections(text):
    """The text of each section by its title, that before the first by an empty one."""
    parts = ["\n", *re.split(r"^## (.*)$", OTHERS.sub("", text), flags=re.M)]
    return {title.strip(): body for title, body in zip(parts[::2], parts[1::2], strict=True)}


def facts(text):
    """What has to be the same in a piece of Markdown, counted: (its kind, itself)."""
    found = []
    for language, code in FENCE.findall(text):
        lines = COMMENT.sub("", code).splitlines()
        found += [(f"the {language or 'output'} line", line.strip()) for line in lines]
        found += [("the number", n) for note in COMMENT.findall(code) for n in NUMBER.findall(note)]
    text = re.sub(r"<!--.*?-->", "", FENCE.sub("", text), flags=re.S)
    found += [("the code", " ".join(span.split())) for span in re.findall(r"`([^`]+)`", text)]
    text = re.sub(r"`[^`]+`", "", text)
    found += [("the link", target) for target in re.findall(r"\]\(([^)\s]+)\)", text)]
    text = re.sub(r"\]\([^)\s]+\)", "]", text)
    return Counter(found + [("the number", number) for number in NUMBER.findall(text)])


def code_of(text):
    """All blocks of a piece of Markdown, without comments and the space before them."""
    return [
        [language, *(line.rstrip() for line in COMMENT.sub("", code).splitlines())]
        for language, code in FENCE.findall(text)
    ]


def pieces(section):
    """What a section says outside its tables, and what each row of them says, by its first cell."""
    rows = re.findall(r"^\|.*$", section, re.M)
    rest = re.sub(r"^\|.*$", "", section, flags=re.M)
    named = {", ".join(re.findall(r"`[^`]+`", row.split(" | ")[0])): row for row in rows}
    return {"": rest} | {name: row for name, row in named.items() if name}


def differences(english, chinese):
    """What README.zh-CN.md lacks and what it has besides, a sentence for each."""
    there, here = sections(english), sections(chinese)
    for title, translated in TITLES.items():
        if title not in there or translated not in here:
            file, name = ("README.md", title) if title not in there else (CHINESE.name, translated)
            yield f'{file} has no section "{name}"; see TITLES in tests/test_chinese_readme.py'
            continue
        ours, theirs = pieces(there[title]), pieces(here[translated])
        for name in ours | theirs:
            wanted, found = facts(ours.get(name, "")), facts(theirs.get(name, ""))
            place = f"{CHINESE.name}, {translated or 'at the top'}{name and f', row {name}'}:"
            yield from (f"{place} lacks {kind} {what}" for kind, what in wanted - found)
            yield from (f"{place} has {kind} {what}" for kind, what in found - wanted)
            if wanted == found and code_of(ours.get(name, "")) != code_of(theirs.get(name, "")):
                yield f"{place} has the lines of its blocks in another order"
    yield from (f'"{name}" is not in TITLES' for name in here if name not in TITLES.values())


@pytest.fixture(scope="module")
def texts():
    return README.read_text(encoding="utf-8"), CHINESE.read_text(encoding="utf-8")


def test_it_says_the_same(texts):
    found = list(differences(*texts))
    assert not found, "not the same as in README.md:\n" + "\n".join(found)


def test_each_links_the_other(texts):
    english, chinese = texts
    assert "](README.zh-CN.md)" in english.partition("\n## ")[0]
    assert "](README.md)" in chinese.partition("\n## ")[0]


FIRST, SECOND = "import tensorflow as tf\n", "from lowlevel import ops\n"
SAID = [
    ("218,490", "218,491", "内容一览, row `conv_net`: lacks the number 218,490"),
    ("20 秒", "二十秒", "快速上手: lacks the number 20"),
    ("--depth 1", "--depth 2", "内容一览: lacks the sh line python scripts/summary.py mini"),
    (FIRST + SECOND, SECOND + FIRST, "直接使用算子: has the lines of its blocks in another order"),
    ("# (3, 3, 1, 16)", "# (3, 3, 1, 8)", "直接使用算子: lacks the number 16"),
    ("docs/cars.md", "docs/model.md", "延伸阅读: lacks the link docs/cars.md"),
    ("`CSVLogger(file)`", "`CSVLog(file)`", "与 Keras 对照, row `CSVLog(file)`: has the code"),
    ("## 快速上手", "## 开始", '"快速上手"; see TITLES'),
]


@pytest.mark.parametrize(("old", "new", "said"), SAID)
def test_each_difference_is_said(texts, old, new, said):
    english, chinese = texts
    assert old in chinese
    assert said in "\n".join(differences(english, chinese.replace(old, new)))


def test_comments_may_be_translated(texts):
    english, chinese = texts
    assert "# Glorot" in chinese
    assert not list(differences(english, re.sub("# Glorot.*", "# 初始值", chinese)))
