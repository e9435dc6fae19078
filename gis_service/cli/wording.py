"""Typer's help and complaints in, the same in Chinese out; misuse ends with one line and exit code 2."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

from gis_service.errors import ServiceError

MISUSE = 2
_USAGE_ERROR: type[Exception] = typer.BadParameter.__mro__[1]  # Typer keeps the class itself private
_HELP_WORDS = (
    ("Usage:", "用法："),
    ("Arguments:", "参数："),
    ("Options:", "选项："),
    ("Commands:", "命令："),
    ("Show this message and exit.", "显示本帮助"),
    ("[OPTIONS]", "[选项]"),
    ("COMMAND [ARGS]...", "命令 [参数]..."),
    ("[required]", "[必填]"),
    ("; required]", "；必填]"),
    ("[default: ", "[默认 "),
)
_COMPLAINTS = (
    (r"No such command '(.*)'\..*", r"没有命令 \1"),
    (r"Missing command\.", "缺少命令"),
    (r"Got unexpected extra argument(?:s|\(s\))? \((.*)\)", r"多余的参数：\1"),
    (r"Missing argument '(.*?)'.*", r"缺少参数 \1"),
    (r"Missing option '(.*?)'.*", r"缺少选项 \1"),
    (r"Missing parameter: (.*)", r"缺少参数 \1"),
    (r"No such option: (\S+) \(Possible options: (.*)\)", r"没有选项 \1，是不是 \2？"),
    (r"No such option: (\S+).*", r"没有选项 \1"),
    (r"Option '(.*?)' requires an argument\.", r"选项 \1 后面要跟一个值"),
    (r"Option '(.*?)' requires (\d+) arguments\.", r"选项 \1 后面要跟 \2 个值"),
    (r"Option '(.*?)' does not take a value\.", r"选项 \1 后面不跟值"),
    (r"Invalid value for '?(.*?)'?: .*valid integer.*", r"\1 应为整数"),
    (r"Invalid value for '?(.*?)'?: Input should be (greater|less) than or equal to (\S+)", r"\1 超出范围（界限 \3）"),
    (r"Invalid value for '?(.*?)'?: .*is not in the range (.*)\.", r"\1 超出范围 \2"),
    (r"Invalid value for '?(.*?)'?: '?(.*?)'? is not one of (.*)\.", r"\1 不能是 \2，可用：\3"),
    (r"Invalid value for '?(.*?)'?: (.*)", r"\1 的值不对：\2"),
)


def chinese_help(text: str) -> str:
    """Typer's help page with its fixed words in Chinese."""
    for english, chinese in _HELP_WORDS:
        text = text.replace(english, chinese)
    return text


def chinese_complaint(message: str) -> str:
    """What Typer found wrong with a command line, in Chinese.

    >>> chinese_complaint("No such command 'prase'.")
    '没有命令 prase'
    """
    for pattern, words in _COMPLAINTS:
        found = re.fullmatch(pattern, message, flags=re.DOTALL)
        if found:
            return found.expand(words)
    return message


def say(message: str) -> None:
    """One line to the person at the terminal, on stderr."""
    typer.echo(message, err=True)


def _explain(error: Any) -> None:
    if type(error).__name__ == "NoArgsIsHelpError":
        say(error.format_message())
        return
    command = error.ctx.command_path if error.ctx else "gis-service"
    say(f"错误：{chinese_complaint(error.format_message())}\n可用 {command} --help 查看用法")


class Command(TyperCommand):
    """A command with a Chinese help page."""

    def get_help(self, ctx: Any) -> str:
        """The help page in Chinese."""
        return chinese_help(super().get_help(ctx))


class ManyValuesCommand(Command):
    """A command whose `--gazetteer` takes several values: `--gazetteer a b` means `--gazetteer a --gazetteer b`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Typer's parsing of the spread-out command line."""
        return super().parse_args(ctx, spread("--gazetteer", args))


class Group(TyperGroup):
    """Commands with a Chinese help page, and the one place where misuse becomes a line and an exit code."""

    def get_help(self, ctx: Any) -> str:
        """The help page in Chinese."""
        return chinese_help(super().get_help(ctx))

    def main(self, *arguments: Any, **extra: Any) -> Any:
        """Run a command and leave with its exit code; never returns."""
        extra["standalone_mode"] = False
        try:
            code = super().main(*arguments, **extra)
        except ServiceError as error:
            say(f"错误：{error.message}")
            code = MISUSE
        except _USAGE_ERROR as error:
            _explain(error)
            code = MISUSE
        except (KeyboardInterrupt, typer.Abort):
            say("已中断")
            code = 130
        sys.exit(code if isinstance(code, int) else 0)


def spread(flag: str, args: Sequence[str]) -> list[str]:
    """The command line with `flag` repeated before each of the values that follow it.

    >>> spread("--gazetteer", ["--gazetteer", "a", "b", "--out", "c"])
    ['--gazetteer', 'a', '--gazetteer', 'b', '--out', 'c']
    """
    result: list[str] = []
    inside = False
    for argument in args:
        if inside and not argument.startswith("-") and result[-1] != flag:
            result.append(flag)
        result.append(argument)
        inside = argument == flag or (inside and not argument.startswith("-"))
    return result
