# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a page owes to people who read it by a screen reader, by keyboard or with weak eyes, told without a browser.

The rules are those of WCAG 2.2 that a page without scripts can break, under the names that axe has for them where it has one.
Colours come from the page's own style sheet, as its cascade gives them to each text, in light, in dark and in print. What this
reader of CSS doesn't know is an error and not passed over.
"""

from __future__ import annotations

import collections
import functools
import html.parser
import re
import typing as t

VOID = frozenset(("meta", "br", "rect", "path", "hr", "img", "input", "link"))
LANDMARKS = {"main": "main", "nav": "navigation", "header": "banner", "footer": "contentinfo"}
ARIA = frozenset(("aria-label", "aria-labelledby", "aria-hidden", "aria-describedby"))
ROLES = frozenset(("img", "region", "navigation", "main", "note", "status"))
# Ratios of WCAG 1.4.3 and 1.4.11, and what counts as large text (CSS pixels).
TEXT, LARGE, GRAPHIC = 4.5, 3.0, 3.0
LARGE_SIZE, LARGE_BOLD_SIZE = 24.0, 18.66
ROOT_SIZE = 16.0
# The width at which WCAG 1.4.10 asks for one column, and a size that nobody should have to read.
NARROW, SMALLEST = 320.0, 10.0
INHERITED = frozenset(("color", "font-size", "font-weight"))
MEDIA = {
    "light": {"(prefers-color-scheme: dark)": False, "(max-width: 40rem)": False, "print": False},
    "dark": {"(prefers-color-scheme: dark)": True, "(max-width: 40rem)": False, "print": False},
    "phone": {"(prefers-color-scheme: dark)": False, "(max-width: 40rem)": True, "print": False},
    "print": {"(prefers-color-scheme: dark)": False, "(max-width: 40rem)": False, "print": True},
    # Whoever likes it dark prints, too.
    "dark print": {"(prefers-color-scheme: dark)": True, "(max-width: 40rem)": False, "print": True},
}


class Element:
    """An element with its children, which are elements or texts."""

    def __init__(self, tag: str, attributes: dict[str, str], parent: Element | None) -> None:
        self.tag, self.attributes, self.parent = tag, attributes, parent
        self.children: list[Element | str] = []

    @property
    def classes(self) -> list[str]:
        return self.attributes.get("class", "").split()

    @property
    def elements(self) -> list[Element]:
        return [one for one in self.children if isinstance(one, Element)]

    def all(self, *tags: str) -> list[Element]:
        """The elements below with one of these tags, or all, in the order of the page."""
        found = []
        for one in self.elements:
            if not tags or one.tag in tags:
                found.append(one)
            found += one.all(*tags)
        return found

    def above(self) -> t.Iterator[Element]:
        one = self.parent
        while one is not None:
            yield one
            one = one.parent

    def text(self) -> str:
        return " ".join(" ".join(one if isinstance(one, str) else one.text() for one in self.children).split())

    def __str__(self) -> str:
        named = "".join(f" {name}={value!r}" for name, value in self.attributes.items())
        return f"<{self.tag}{named}> {self.text()[:40]}"


class _Reader(html.parser.HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.top = self.at = Element("#page", {}, None)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _value in attrs]
        assert len(names) == len(set(names)), f"<{tag}> has an attribute twice: {names}"
        element = Element(tag, {name: value or "" for name, value in attrs}, self.at)
        self.at.children.append(element)
        if tag not in VOID:
            self.at = element

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        assert self.at.tag == tag, f"</{tag}> ends <{self.at.tag}>"
        assert self.at.parent is not None
        self.at = self.at.parent

    def handle_data(self, data: str) -> None:
        self.at.children.append(data)


def read(page: str) -> Element:
    """The page's html element. Raises AssertionError where tags aren't nested."""
    reader = _Reader()
    reader.feed(page)
    reader.close()
    assert reader.at is reader.top, f"<{reader.at.tag}> is never ended"
    (found,) = reader.top.elements
    return found


# -- structure ---------------------------------------------------------------------------------------------------------


def name_of(element: Element, ids: t.Mapping[str, Element]) -> str:
    """What a screen reader calls it, where that is given by an attribute."""
    by = element.attributes.get("aria-labelledby")
    if by:
        return " ".join(ids[one].text() if one in ids else "" for one in by.split()).strip()
    return element.attributes.get("aria-label", "").strip()


def structure(page: Element) -> t.Iterator[str]:
    """What is wrong with the page whatever it looks like."""
    (head,), (body,) = page.all("head"), page.all("body")
    everything = page.all()
    ids: dict[str, Element] = {}
    for one in everything:
        if "id" in one.attributes:
            if one.attributes["id"] in ids:
                yield f"duplicate-id: {one}"
            ids[one.attributes["id"]] = one
    yield from _document(page, head)
    yield from _landmarks(body, ids)
    yield from _headings(body)
    for table in body.all("table"):
        yield from _table(table)
    for one in everything:
        yield from _element(one, ids)


def _document(page: Element, head: Element) -> t.Iterator[str]:
    if not re.fullmatch(r"[a-z]{2}(-[A-Z]{2})?", page.attributes.get("lang", "")):
        yield f"html-has-lang: {page.attributes}"
    if [bool(title.text()) for title in head.all("title")] != [True]:
        yield "document-title"
    viewports = [one.attributes["content"] for one in head.all("meta") if one.attributes.get("name") == "viewport"]
    if len(viewports) != 1 or re.search("user-scalable|maximum-scale", viewports[0]) or "width=" not in viewports[0]:
        yield f"meta-viewport: {viewports}"
    if any(one.attributes.get("http-equiv", "").lower() == "refresh" for one in head.all("meta")):
        yield "meta-refresh"


def _landmarks(body: Element, ids: t.Mapping[str, Element]) -> t.Iterator[str]:
    found = collections.Counter(one.tag for one in body.all(*LANDMARKS))
    for tag in ("main", "header", "footer"):
        if found[tag] != 1:
            yield f"landmark-one-main: {found[tag]} of <{tag}>"
    first, *others = body.elements
    if first.tag != "a" or first.attributes.get("href") != "#main" or "main" not in ids or ids["main"].tag != "main":
        yield f"bypass: the page begins by {first}"
    for one in others:
        if one.tag not in LANDMARKS:
            yield f"region: {one} is in no landmark"
    if any(isinstance(one, str) and one.strip() for one in body.children):
        yield "region: text in no landmark"
    names = [(one.attributes.get("role", one.tag), name_of(one, ids)) for one in body.all("nav", "section")]
    names += [("region", name_of(one, ids)) for one in body.all() if one.attributes.get("role") == "region"]
    for name, count in collections.Counter(names).items():
        if not name[1]:
            yield f"landmark has no name: {name[0]}"
        elif count > 1:
            yield f"landmark-unique: {name}"


def _headings(body: Element) -> t.Iterator[str]:
    levels = [(int(one.tag[1]), one) for one in body.all("h1", "h2", "h3", "h4", "h5", "h6")]
    if [level for level, _one in levels].count(1) != 1 or levels[0][0] != 1:
        yield "page-has-heading-one"
    before = 0
    for level, one in levels:
        if level > before + 1:
            yield f"heading-order: {one} after a heading of level {before}"
        if not one.text():
            yield f"empty-heading: {one}"
        before = level


def _table(table: Element) -> t.Iterator[str]:
    rows = [[one for one in row.elements if one.tag in ("th", "td")] for row in table.all("tr")]
    if not table.all("thead") or {len(row) for row in rows} != {len(rows[0])}:
        yield f"td-has-header: {table}"
    for cell in rows[0]:
        if cell.tag != "th" or cell.attributes.get("scope") != "col":
            yield f"scope-attr-valid: {cell}"
    for row in rows[1:]:
        headers = [cell for cell in row if cell.tag == "th"]
        if len(headers) != 1 or headers[0].attributes.get("scope") != "row":
            yield f"a row has no header of its own: {row[0]}"
    for cell in table.all("th"):
        if not cell.text():
            yield f"empty-table-header: {cell}"


def _element(one: Element, ids: t.Mapping[str, Element]) -> t.Iterator[str]:
    parent = one.parent.tag if one.parent else ""
    attributes = one.attributes
    for name in attributes:
        if (name.startswith("aria-") and name not in ARIA) or name.startswith("on"):
            yield f"aria-valid-attr: {one}"
    if attributes.get("role", "img") not in ROLES:
        yield f"aria-roles: {one}"
    if attributes.get("aria-hidden") == "true" and (one.tag in ("a", "summary") or one.all("a", "summary")):
        yield f"aria-hidden-focus: {one}"
    for name in attributes.get("aria-labelledby", "").split():
        if name not in ids:
            yield f"aria-valid-attr-value: {one}"
    if "tabindex" in attributes and attributes["tabindex"] != "0":
        yield f"tabindex: {one}"
    if (one.tag == "svg" or attributes.get("role") == "img") and not (
        attributes.get("role") == "img" and name_of(one, ids)
    ):
        yield f"svg-img-alt: {one}"
    if one.tag == "img" and "alt" not in attributes:
        yield f"image-alt: {one}"
    if one.tag == "a":
        if not one.text() and not name_of(one, ids):
            yield f"link-name: {one}"
        if not attributes.get("href", "").startswith("#") or attributes["href"][1:] not in ids:
            yield f"skip-link: {one}"
    if one.tag == "li" and parent not in ("ul", "ol"):
        yield f"listitem: {one}"
    if one.tag in ("ul", "ol") and any(child.tag != "li" for child in one.elements):
        yield f"list: {one}"
    if one.tag == "dl":
        groups = [[child.tag for child in group.elements] for group in one.elements]
        if any(group.tag != "div" for group in one.elements) or any(group != ["dt", "dd"] for group in groups):
            yield f"definition-list: {one}"
    if one.tag == "details" and (not one.elements or one.elements[0].tag != "summary" or not one.elements[0].text()):
        yield f"summary-name: {one}"
    if one.tag == "time" and "datetime" not in attributes and not _is_time(one.text()):
        yield f"time without a time: {one}"
    if "datetime" in attributes and not _is_time(attributes["datetime"]):
        yield f"time without a time: {one}"
    if one.tag in ("input", "select", "textarea", "button", "iframe", "object", "video", "audio", "marquee", "blink"):
        yield f"nothing is known here of {one}"


def _is_time(text: str) -> bool:
    return re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", text) is not None


# -- style -------------------------------------------------------------------------------------------------------------


class Rule(t.NamedTuple):
    """A selector with what it says; ``media`` is the query around it, and ``order`` its place."""

    media: str
    selector: str
    said: dict[str, str]
    order: int


def sheet(page: Element) -> list[Rule]:
    """The rules of the page's style sheet, one for each selector."""
    (style,) = page.all("style")
    found: list[Rule] = []
    _rules("".join(one for one in style.children if isinstance(one, str)), "", found)
    return found


def _rules(text: str, media: str, found: list[Rule]) -> None:
    while text.strip():
        begin, _brace, rest = text.strip().partition("{")
        assert rest, f"no rule: {text[:60]}"
        end = _closing(rest)
        inside, text = rest[:end], rest[end + 1 :]
        begin = " ".join(begin.split())
        if begin.startswith("@"):
            assert begin.startswith("@media "), f"unknown: {begin}"
            assert not media, f"unknown: {begin} within another"
            _rules(inside, begin[len("@media ") :], found)
            continue
        said = {}
        for line in filter(None, map(str.strip, inside.split(";"))):
            name, _colon, value = line.partition(":")
            said[name.strip()] = value.strip()
        for selector in _parts(begin, ","):
            found.append(Rule(media, selector, said, len(found)))


def _closing(text: str) -> int:
    """Where the brace is that ends a block."""
    depth = 1
    for place, sign in enumerate(text):
        depth += {"{": 1, "}": -1}.get(sign, 0)
        if not depth:
            return place
    raise AssertionError(f"a rule never ends: {text[:60]}")


def _parts(text: str, separator: str) -> list[str]:
    """Split outside of brackets."""
    return [part.strip() for part in re.split(re.escape(separator) + r"(?![^(\[]*[)\]])", text)]


_SIMPLE = re.compile(r"^([a-z0-9]+|\*)?((?:\.[a-z]+|:[a-z]+|:not\([^)]*\)|\[[a-z-]+\]|::before)*)$")
_STATE = re.compile(r":(focus|hover|empty)|::before")


def _matches(words: list[str], element: Element) -> bool:
    """Whether a selector is about this element, in no special state of it."""
    if not _simple(words[-1], element):
        return False
    if len(words) == 1:
        return True
    if words[-2] == ">":
        return element.parent is not None and _matches(words[:-2], element.parent)
    return any(_matches(words[:-1], one) for one in element.above())


@functools.cache
def _understood(selector: str) -> tuple[str | None, tuple[str, ...]] | None:
    """The tag and the conditions of a simple selector; None for one of a special state."""
    found = _SIMPLE.match(selector)
    assert found, f"unknown selector: {selector}"
    if _STATE.search(found[2]):
        return None
    return found[1], tuple(re.findall(r"\.[a-z]+|:not\([^)]*\)|\[[a-z-]+\]", found[2]))


def _simple(selector: str, element: Element) -> bool:
    if selector == ":root":
        return element.tag == "html"
    known = _understood(selector)
    if known is None or known[0] not in (None, "*", element.tag):
        return False
    for part in known[1]:
        if part.startswith("."):
            fits = part[1:] in element.classes
        elif part.startswith("["):
            fits = part[1:-1] in element.attributes
        else:
            fits = not _simple(part[len(":not(") : -1], element)
        if not fits:
            return False
    return True


def weight(selector: str) -> tuple[int, int]:
    """A selector's specificity: classes and the like, tags."""
    return len(re.findall(r"\.[a-z]+|\[|(?<!:):(?!not)[a-z]+", selector)), len(
        re.findall(r"(?:^|[\s>(])[a-z]", selector)
    )


class Sheet:
    """The page's rules, and which of them are about an element in any situation."""

    def __init__(self, page: Element) -> None:
        self.page = page
        self.rules = sorted(sheet(page), key=lambda rule: (weight(rule.selector), rule.order))
        unknown = {rule.media for rule in self.rules} - {"", *MEDIA["light"]}
        assert not unknown, f"unknown media queries: {unknown}"
        self._words = [[word for word in re.split(r"\s+|(>)", rule.selector) if word] for rule in self.rules]
        for word in {word for words in self._words for word in words} - {">", ":root"}:
            _understood(word)
        self._about: dict[int, list[Rule]] = {}

    def about(self, element: Element) -> list[Rule]:
        """The rules about an element, the strongest last."""
        if id(element) not in self._about:
            self._about[id(element)] = [
                rule for rule, words in zip(self.rules, self._words) if _matches(words, element)
            ]
        return self._about[id(element)]


class Styles:
    """What the style sheet gives to each element in one situation."""

    def __init__(self, rules: Sheet, situation: str) -> None:
        self._sheet, self._holds = rules, MEDIA[situation]
        self._known: dict[int, dict[str, str]] = {}
        self._root = rules.page

    def of(self, element: Element) -> dict[str, str]:
        """The declared values, with those that are inherited."""
        if id(element) not in self._known:
            above = self.of(element.parent) if element.parent and element is not self._root else {}
            own = {name: value for name, value in above.items() if name in INHERITED or name.startswith("--")}
            for rule in self._sheet.about(element):
                if not rule.media or self._holds[rule.media]:
                    own.update(rule.said)
            if "font-size" in own:
                own["font-size"] = "%gpx" % _pixels(
                    own["font-size"], _pixels(above.get("font-size", "16px"), ROOT_SIZE)
                )
            self._known[id(element)] = own
        return self._known[id(element)]

    def value(self, element: Element, name: str) -> str | None:
        """A value with its variables put in."""
        own = self.of(element)
        if name not in own:
            return None
        return re.sub(r"var\((--[a-z]+)\)", lambda found: own[found[1]], own[name])

    def background(self, element: Element) -> tuple[float, ...]:
        for one in (element, *element.above()):
            value = self.value(one, "background") if one.tag != "#page" else None
            if value:
                return colour(value)
        raise AssertionError(f"{element} has no background")


def _pixels(size: str, base: float) -> float:
    found = re.fullmatch(r"([\d.]+)(rem|em|px|pt)", size)
    assert found, f"unknown size: {size}"
    return float(found[1]) * {"rem": ROOT_SIZE, "em": base, "px": 1.0, "pt": 4 / 3}[found[2]]


def colour(text: str) -> tuple[float, ...]:
    """Red, green and blue from 0 to 1."""
    digits = re.fullmatch(r"#([0-9a-f]{3}|[0-9a-f]{6})", text)
    assert digits, f"unknown colour: {text}"
    long = digits[1] if len(digits[1]) == 6 else "".join(sign * 2 for sign in digits[1])
    return tuple(int(long[place : place + 2], 16) / 255 for place in (0, 2, 4))


def contrast(one: t.Sequence[float], other: t.Sequence[float]) -> float:
    """The ratio of two colours' luminance (WCAG 2.2, relative luminance)."""
    lights = []
    for parts in (one, other):
        red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
        lights.append(0.2126 * red + 0.7152 * green + 0.0722 * blue)
    return (max(lights) + 0.05) / (min(lights) + 0.05)


def looks(rules: Sheet, situation: str) -> t.Iterator[str]:
    """What can't be read, seen or reached in a situation of MEDIA."""
    styles = Styles(rules, situation)
    (body,) = rules.page.all("body")
    for one in [body, *body.all()]:
        style = styles.of(one)
        if "outline" in style or style.get("text-decoration") == "none":
            yield f"focus or link can't be told: {one}"
        if "opacity" in style:
            yield f"color-contrast: nothing is known of opacity: {one}"
        if any(isinstance(child, str) and child.strip() for child in one.children):
            yield from _readable(one, styles)
        if one.tag in ("rect", "path"):
            drawn = styles.value(one, "stroke" if one.tag == "path" else "fill")
            ratio = contrast(colour(drawn or "#000"), styles.background(one))
            if ratio < GRAPHIC:
                yield f"non-text contrast of {ratio:.2f}: {one}"
        if style.get("overflow-x", style.get("overflow")) in ("auto", "scroll") and "tabindex" not in one.attributes:
            yield f"scrollable-region-focusable: {one}"
        for name in ("width", "min-width"):
            if style.get(name, "0").endswith("rem") and _pixels(style[name], ROOT_SIZE) > NARROW:
                yield f"reflow: {one} is wider than a phone"
        if _pixels(style.get("font-size", "16px"), ROOT_SIZE) < SMALLEST:
            yield f"text of less than 10 pixels: {one}"


def _readable(one: Element, styles: Styles) -> t.Iterator[str]:
    style = styles.of(one)
    ink = styles.value(one, "color")
    assert ink, f"{one} has no colour"
    ratio = contrast(colour(ink), styles.background(one))
    size = _pixels(style.get("font-size", "16px"), ROOT_SIZE)
    tags = {one.tag, *(above.tag for above in one.above())}
    bold = style.get("font-weight") in ("600", "700", "bold") or bool(tags & {"h1", "h2", "h3", "strong"})
    least = LARGE if size >= LARGE_SIZE or (bold and size >= LARGE_BOLD_SIZE) else TEXT
    if ratio < least:
        yield f"color-contrast of {ratio:.2f}: {one}"


def faults(page: str) -> list[str]:
    """All that is wrong with a page, in any situation; each begins by its rule."""
    top = read(page)
    found = list(structure(top))
    rules = Sheet(top)
    for situation in MEDIA:
        found += [f"{fault} ({situation})" for fault in looks(rules, situation)]
    return found
