#!/usr/bin/env python3
"""Writes the man page from the program's description of its commands and options.

    cambium --experimental-dump-help | manual.py VERSION > cambium.1
"""

import json
import sys


def text(words):
    """Escapes text for roff, where backslashes, leading dots and hyphens are special."""
    words = words.replace("\\", "\\e").replace("-", "\\-").replace("…", "...")
    return "\n".join("\\&" + line if line[:1] in (".", "'") else line
                     for line in words.split("\n"))


def option(argument):
    value = "" if argument["kind"] == "flag" else f" \\fI{text(argument['valueName'])}\\fR"
    if argument["kind"] == "positional":
        return f"\\fI{text(argument['valueName'])}\\fR" + ("..." if argument["isRepeating"] else "")
    names = [("-" if name["kind"] == "short" else "--") + name["name"] for name in argument["names"]]
    return ", ".join(f"\\fB{text(name)}\\fR" for name in names) + value


def synopsis(argument):
    shown = option(argument).split(", ")[-1]
    return f"[{shown}]" if argument["isOptional"] else shown


def shown(arguments):
    return [argument for argument in arguments if argument["shouldDisplay"]
            and argument.get("names", [{}])[-1].get("name") not in ("help", "version")]


def main():
    root = json.load(sys.stdin)["command"]
    lines = [
        f'.TH CAMBIUM 1 "" "cambium {text(sys.argv[1])}" "Cambium"', ".SH NAME",
        f"cambium \\- {text(root['abstract'])}", ".SH SYNOPSIS",
        "\\fBcambium\\fR \\fIcommand\\fR [\\fIarguments\\fR]", ".SH DESCRIPTION",
        text(root["discussion"]), ".SH COMMANDS"]
    for command in root["subcommands"]:
        if not command["shouldDisplay"] or command["commandName"] == "help":
            continue
        arguments = shown(command.get("arguments", []))
        lines += [f".SS \\fBcambium {text(command['commandName'])}\\fR "
                  + " ".join(synopsis(argument) for argument in arguments)]
        lines += [text(command["abstract"])]
        if command.get("discussion"):
            lines += [".PP", text(command["discussion"])]
        for argument in arguments:
            lines += [".TP", option(argument), text(argument.get("abstract", ""))]
    lines += [".SH FILES", ".TP", "\\fI.cambium/\\fR",
              "Results, next to the pipeline file unless \\fB\\-\\-store\\fR names another folder."]
    print("\n".join(lines))


if __name__ == "__main__":
    main()
