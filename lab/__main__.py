# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab's command line: ``python -m lab COMMAND``. Results go to stdout, one clear sentence on error to stderr."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pymysql

from lab import data, faults, fetch, proxy
from lab.errors import LabError
from lab.fleet import Lab
from lab.paths import DEFAULT_INVENTORY


def _show(result: Any) -> None:
    print(json.dumps(result, indent=2, default=_plain, ensure_ascii=False))


def _plain(value: Any) -> str:
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)


def _up(arguments: argparse.Namespace) -> None:
    begin = time.monotonic()
    size = data.parse_size(arguments.data)
    lab = Lab(arguments.name).up(
        nodes=arguments.nodes,
        donors=arguments.donors,
        options=arguments.option,
        inventory_path=arguments.inventory,
        variables_path=arguments.vars,
        owner=arguments.owner,
    )
    try:
        loaded = [data.load(donor, size) for donor in lab.donors if size]
    except BaseException:
        lab.down()
        raise
    _show(
        {
            "name": lab.name,
            "inventory": str(arguments.inventory),
            "vars": str(arguments.vars) if arguments.vars else None,
            "version": lab.nodes[0].installation.version,
            "nodes": {node.name: {"port": node.port, "socket": str(node.socket)} for node in lab},
            "data": loaded,
            "seconds": round(time.monotonic() - begin, 2),
        }
    )


def _down(arguments: argparse.Namespace) -> None:
    names = Lab.names() if arguments.all else [arguments.name]
    for name in names:
        lab = Lab(name)
        lab.down()
        print(f"lab {lab.name} is down")


def _status(arguments: argparse.Namespace) -> None:
    if arguments.all:
        _show([_status_or_reason(name) for name in Lab.names()])
    else:
        _show(Lab.open(arguments.name).status())


def _status_or_reason(name: str) -> dict[str, Any]:
    try:
        return Lab.open(name).status()
    except LabError as error:
        return {"name": name, "error": str(error)}


def _on_nodes(action):
    def command(arguments: argparse.Namespace) -> None:
        lab = Lab.open(arguments.name)
        nodes = [lab[name] for name in arguments.node]
        for node in nodes:
            action(node, arguments)
            print(f"{node.name}: {'up' if node.alive() else 'down'}")

    return command


def _sql(arguments: argparse.Namespace) -> None:
    lab = Lab.open(arguments.name)
    password = lab[arguments.login_of or arguments.node].root_password
    _show(lab[arguments.node].sql(arguments.statement, password=password))


def _fetch(arguments: argparse.Namespace) -> None:
    wanted = {
        "mysql": not (arguments.mariadb or arguments.sysbench) or arguments.mysql,
        "mariadb": arguments.mariadb,
        "sysbench": arguments.sysbench,
    }
    result = {}
    for what, yes in wanted.items():
        if yes:
            found = getattr(fetch, what)(arguments.refetch)
            result[what] = found if isinstance(found, dict) else found.as_dict()
    _show(result)


def _data(arguments: argparse.Namespace) -> None:
    node = Lab.open(arguments.name)[arguments.node]
    _show(data.load(node, data.parse_size(arguments.size), arguments.sysbench))


def _load(arguments: argparse.Namespace) -> None:
    node = Lab.open(arguments.name)[arguments.node]
    with faults.WriteLoad(node, arguments.seconds, arguments.threads, arguments.rate) as load:
        load.wait()
    if load.error:
        raise LabError(f"the load on {node.name} ended after {load.transactions} transactions: {load.error}")
    _show({"node": node.name, "transactions": load.transactions, "seconds": arguments.seconds})


def _proxy(arguments: argparse.Namespace) -> None:
    listen, target = proxy.parse_address(arguments.listen), proxy.parse_address(arguments.to)

    def ready(status: dict[str, Any]) -> None:
        print(json.dumps(status), flush=True)

    def interrupt(_number: int, _frame: object) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, interrupt)
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(proxy.serve(listen, target, arguments.control, ready))


def _link(arguments: argparse.Namespace) -> None:
    _show(proxy.tell(arguments.control, arguments.words))


def _mariadb(arguments: argparse.Namespace) -> None:
    _show(Lab.open(arguments.name).add_mariadb(arguments.node).variables())


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m lab", description="Real MySQL servers on this machine.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def add(name: str, function, text: str, nodes: bool = False, lab: bool = True) -> argparse.ArgumentParser:
        command = commands.add_parser(name, help=text, description=text)
        command.set_defaults(function=function)
        if lab:
            command.add_argument("--name", help="the lab's name (default: one of this checkout's own)")
        if nodes:
            command.add_argument("node", nargs="+", metavar="NODE")
        return command

    def add_options(command: argparse.ArgumentParser, text: str) -> None:
        command.add_argument(
            "--option", action="extend", nargs="+", default=[], metavar="NAME=VALUE", help=f"server options, {text}"
        )

    command = add("up", _up, "bring up fresh servers in place of an earlier lab of this name")
    command.add_argument("--nodes", type=int, default=3)
    command.add_argument("--donors", type=int, default=1, help="so many of the first nodes are donors")
    command.add_argument("--data", default="none", metavar="SIZE", help="sample data on the donors: MiB or a name")
    command.add_argument("--inventory", type=Path, default=DEFAULT_INVENTORY)
    command.add_argument("--vars", type=Path, help="also write extra variables for tests there")
    command.add_argument("--owner", type=int, metavar="PID", help="once this process is gone, the next up ends the lab")
    add_options(command, "for all nodes, lasting")

    command = add("down", _down, "end all processes and remove all files of a lab")
    command.add_argument("--all", action="store_true", help="every lab brought up from this checkout")

    command = add("status", _status, "show a lab as JSON")
    command.add_argument("--all", action="store_true", help="every lab brought up from this checkout")

    command = add("start", _on_nodes(_start), "start nodes", nodes=True)
    command.add_argument("--unsupervised", action="store_true", help="without a parent that RESTART works with")
    add_options(command, "for this run")
    add("stop", _on_nodes(lambda node, _: node.stop()), "shut nodes down cleanly", nodes=True)
    add("kill", _on_nodes(lambda node, _: node.kill9()), "crash nodes (kill -9)", nodes=True)
    command = add("reset", _on_nodes(_reset), "make nodes fresh, plain servers again", nodes=True)
    command.add_argument("--unsupervised", action="store_true", help="without a parent that RESTART works with")
    add_options(command, "lasting")

    command = add("sql", _sql, "run a statement as root, rows as JSON")
    command.add_argument("node", metavar="NODE")
    command.add_argument("statement")
    command.add_argument(
        "--login-of", metavar="NODE", help="with that node's password: a clone brings its donor's accounts"
    )

    command = add("data", _data, "fill a node with sample data, in place of earlier sample data")
    command.add_argument("node", metavar="NODE")
    command.add_argument("--size", default="small", help=f"MiB, or one of {', '.join(data.SIZES)}")
    command.add_argument("--sysbench", action="store_true", help="the bulk as sysbench's tables")

    command = add("load", _load, "write to a node for some seconds")
    command.add_argument("node", metavar="NODE")
    command.add_argument("--seconds", type=float, default=10)
    command.add_argument("--threads", type=int, default=2)
    command.add_argument("--rate", type=float, default=50, help="transactions a second of each thread")

    command = add(
        "proxy", _proxy, "run a link that can be made bad; until 'link CONTROL quit', SIGTERM or Ctrl-C", lab=False
    )
    command.add_argument("--listen", default="127.0.0.1:0", metavar="HOST:PORT")
    command.add_argument("--to", required=True, metavar="HOST:PORT")
    command.add_argument("--control", type=Path, required=True, help="path of the Unix socket to make")

    words = "; ".join(f"{name}: {text}" for name, text in {**proxy.COMMANDS, "quit": "end the proxy"}.items())
    command = add("link", _link, f"tell a proxy. {words}", lab=False)
    command.add_argument("control", type=Path)
    command.add_argument("words", nargs="+", metavar="WORD")

    command = add("fetch", _fetch, "find or fetch a server (or tools) without starting anything", lab=False)
    command.add_argument("--mysql", action="store_true", help="the default when nothing else is asked for")
    command.add_argument("--mariadb", action="store_true")
    command.add_argument("--sysbench", action="store_true")
    command.add_argument("--refetch", action="store_true", help="ask the archive again even if the cache has one")

    command = add("mariadb", _mariadb, "add a MariaDB server (the wrong product) to a lab")
    command.add_argument("node", nargs="?", default="mariadb", metavar="NODE")
    return parser


def _start(node, arguments: argparse.Namespace) -> None:
    node.start(supervised=not arguments.unsupervised, options=arguments.option)


def _reset(node, arguments: argparse.Namespace) -> None:
    node.reset(arguments.option, start=not arguments.unsupervised)
    if arguments.unsupervised:
        node.start(supervised=False)


def main(words: Sequence[str] | None = None) -> int:
    """Run one command (default: this process's arguments); the exit status is 0, 1 for an error of the lab or a server, 130 when interrupted."""
    arguments = _parser().parse_args(words)
    try:
        arguments.function(arguments)
    except LabError as error:
        print(f"lab: {error}", file=sys.stderr)
        return 1
    except pymysql.err.Error as error:
        print(f"lab: the server said {' '.join(map(str, error.args))}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("lab: interrupted", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
