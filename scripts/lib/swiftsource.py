"""Swift sources as scripts/layers and scripts/size look at them: code without comments and strings."""

import os
import re
import sys

TOKEN = re.compile(
    r'//[^\n]*|/\*|(?P<h>#*)"""|(?P<g>#*)"', re.S)


def files(root, *directories):
    """The Swift files below the directories, sorted, as paths relative to root."""
    found = []
    for directory in directories:
        for path, names, members in os.walk(os.path.join(root, directory)):
            names[:] = sorted(n for n in names if not n.startswith("."))
            found += [
                os.path.relpath(os.path.join(path, m), root)
                for m in members if m.endswith(".swift")]
    return sorted(found)


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def code_only(text):
    """Blanks comments and string literals; every line keeps its number."""
    out, at = [], 0
    for match in iter(lambda: TOKEN.search(text, at), None):
        start = match.start()
        out.append(text[at:start])
        end = end_of(text, match)
        out.append(re.sub(r"[^\n]", " ", text[start:end]))
        at = end
    out.append(text[at:])
    return "".join(out)


def end_of(text, match):
    token = match.group()
    if token.startswith("//"):
        return match.end()
    if token == "/*":
        return end_of_comment(text, match.end())
    hashes = match.group("h") if match.group("h") is not None else match.group("g")
    close = ('"""' if token.endswith('"""') else '"') + hashes
    return end_of_string(text, match.end(), close, "\\" + hashes)


def end_of_comment(text, at):
    depth = 1
    while depth and at < len(text):
        if text.startswith("/*", at):
            depth, at = depth + 1, at + 2
        elif text.startswith("*/", at):
            depth, at = depth - 1, at + 2
        else:
            at += 1
    return at


def end_of_string(text, at, close, escape):
    while at < len(text):
        if text.startswith(escape + "(", at):
            at = end_of_interpolation(text, at + len(escape) + 1)
        elif text.startswith(escape, at):
            at += len(escape) + 1
        elif text.startswith(close, at):
            return at + len(close)
        elif close[0:3] != '"""' and text[at] == "\n":
            return at
        else:
            at += 1
    return at


def end_of_interpolation(text, at):
    depth = 1
    while depth and at < len(text):
        match = TOKEN.match(text, at)
        if match:
            at = end_of(text, match)
            continue
        depth += {"(": 1, ")": -1}.get(text[at], 0)
        at += 1
    return at


def fail(problems, name):
    """Prints the problems and ends with status 1, if there are any."""
    for problem in problems:
        print(problem)
    if problems:
        print(f"{name}: {len(problems)} problem{'s' if len(problems) > 1 else ''}")
        sys.exit(1)
