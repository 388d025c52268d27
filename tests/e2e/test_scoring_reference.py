"""Our scoring server beside azureml-inference-server-http: the same scripts, the same requests, the same status and bytes."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import pytest

from orchestrator.workspace.serving.scoring.http import HttpRequest
from orchestrator.workspace.serving.scoring.signature import schemas
from orchestrator.workspace.serving.scoring.swagger import Documents
from tests.e2e.scoring_servers import ScoringProcess, microsofts, ours, reference_python

pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class Pair:
    ours: ScoringProcess
    theirs: ScoringProcess

    def same(self, why: str, *args: object, **kwargs: object) -> int:
        """Ask both. Returns the status."""
        our, their = (server.ask(*args, **kwargs) for server in (self.ours, self.theirs))  # type: ignore[arg-type]
        assert our.told == their.told, why
        return their.status


def same_documents(servers: Pair) -> list[int]:
    """Ask both what they say of themselves, in every version. Returns the statuses."""
    asked = [
        "",
        "?version=2",
        "?version=2.0",
        "?version=3",
        "?version=3.0",
        "?version=3.1",
        "?version=4",
        "?version=",
        "?v=3",
    ]
    asked += ["?version=3&version=2", "?version=x%20y"]
    return [servers.same(query, method="GET", target=f"/swagger.json{query}") for query in asked]


@pytest.fixture(scope="module")
def python(request: pytest.FixtureRequest) -> Path:
    return reference_python(request.config)


@contextlib.contextmanager
def pair(python: Path, folder: Path, script: str, **environ: str) -> Iterator[Pair]:
    path = folder / "code" / "score.py"
    path.parent.mkdir(parents=True)
    path.write_text(script)
    with microsofts(python, folder, path, **environ) as theirs, ours(python, folder, path, **environ) as our:
        yield Pair(our, theirs)


RESULTS = '''
import collections, datetime, decimal, enum, io, json, pathlib, uuid
import numpy as np
import pandas as pd

class Stranger:
    pass

class Named(enum.IntEnum):
    ONE = 1

class Attributes:
    """Quacks like a response, and is none."""
    status_code = 418
    headers = {}
    def get_data(self): return b"tea"

Point = collections.namedtuple("Point", "x y")

class Refused(Exception):
    status_code = 404

def fails(error):
    def fail():
        raise error
    return fail

def circle():
    ring = []
    ring.append(ring)
    return ring

def deep():
    nest = []
    for _ in range(100000):
        nest = [nest]
    return nest

RESULTS = {
    "dictionary": lambda: {"a": 1, "b": [True, None, 1.5]},
    "list": lambda: [1, 2.5, "x"],
    "tuple": lambda: (1, 2),
    "named tuple": lambda: Point(1, 2),
    "empty": lambda: [],
    "None": lambda: None,
    "None inside": lambda: [None],
    "true": lambda: True,
    "number": lambda: 3,
    "text": lambda: "hello",
    "text of no letters": lambda: "",
    "text beyond ASCII": lambda: "caf\\u00e9 \\U0001f600",
    "half a character": lambda: "\\ud800",
    "the lesson's": lambda: {"result": np.array([False]).tolist()},
    "JSON as text": lambda: json.dumps({"result": [False]}),
    "JSON list as text": lambda: "[1, 2]",
    "JSON number as text": lambda: "3",
    "NaN": lambda: float("nan"),
    "NaN inside": lambda: {"a": [float("nan"), 1]},
    "infinity": lambda: [float("inf"), float("-inf")],
    "array": lambda: np.array([1.5, 2.5]),
    "array as list": lambda: np.array([[1, 2], [3, 4]]).tolist(),
    "array of no dimension": lambda: np.array(3),
    "float64": lambda: np.float64(0.5),
    "float64 inside": lambda: [np.float64(0.1), np.float64("nan")],
    "float32": lambda: np.float32(0.5),
    "int64": lambda: np.int64(3),
    "int64 inside": lambda: {"a": np.int64(3)},
    "int64 as key": lambda: {np.int64(3): 1},
    "bool_": lambda: np.bool_(True),
    "str_": lambda: np.str_("x"),
    "list of numpy": lambda: list(np.array([1, 2])),
    "frame": lambda: pd.DataFrame({"a": [1, 2]}),
    "frame as dictionary": lambda: pd.DataFrame({"a": [1, 2]}).to_dict(orient="records"),
    "frame as JSON": lambda: pd.DataFrame({"a": [1, 2]}).to_json(orient="records"),
    "series": lambda: pd.Series([1, 2]),
    "timestamp": lambda: pd.Timestamp("2026-01-02"),
    "missing": lambda: pd.NA,
    "not a time": lambda: pd.NaT,
    "set": lambda: {3},
    "frozen set": lambda: frozenset({3}),
    "generator": lambda: (n for n in [1]),
    "range": lambda: range(3),
    "date": lambda: datetime.date(2026, 1, 2),
    "moment": lambda: datetime.datetime(2026, 1, 2),
    "duration": lambda: datetime.timedelta(1),
    "bytes": lambda: b"{}",
    "bytes inside": lambda: [b"x"],
    "byte array": lambda: bytearray(b"x"),
    "decimal": lambda: decimal.Decimal("1.5"),
    "uuid": lambda: uuid.UUID(int=3),
    "path": lambda: pathlib.Path("x"),
    "complex": lambda: 1j,
    "enumeration": lambda: Named.ONE,
    "ordered dictionary": lambda: collections.OrderedDict(b=1, a=2),
    "default dictionary": lambda: collections.defaultdict(list, a=[1]),
    "counter": lambda: collections.Counter("aab"),
    "keys of many types": lambda: {1: "a", None: "b", True: "c", 1.5: "d"},
    "key that is a tuple": lambda: {(1, 2): 3},
    "file": lambda: io.BytesIO(b"x"),
    "object": lambda: Stranger(),
    "class": lambda: Stranger,
    "quacks like a response": lambda: Attributes(),
    "in a circle": circle,
    "too deep": deep,
    "large number": lambda: 2 ** 100,
    "a value": fails(ValueError("no such patient")),
    "a key": fails(KeyError("age")),
    "memory": fails(MemoryError()),
    "assertion": fails(AssertionError("secret text")),
    "time": fails(TimeoutError("took long")),
    "stop": fails(StopIteration()),
    "with a status": fails(Refused("not here")),
    "system error": fails(OSError(5, "broken")),
    "a response of what run() imports": lambda: __import__("flask").Response("late", 201),
    "of what an earlier call imported": lambda: __import__("flask").jsonify(args=__import__("flask").request.args),
}

def init():
    pass

def run(data):
    return RESULTS[json.loads(data)["result"]]()
'''


def results() -> list[str]:
    lines = RESULTS.partition("RESULTS = {")[2].partition("\n}")[0].splitlines()
    return [line.split('"')[1] for line in lines if line.strip()]


@pytest.fixture(scope="module")
def answering(python: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    with pair(python, tmp_path_factory.mktemp("results"), RESULTS) as servers:
        yield servers


def test_whatever_run_returns_or_raises(answering: Pair) -> None:
    statuses = {name: answering.same(name, json.dumps({"result": name}).encode()) for name in results()}
    assert set(statuses.values()) == {200, 201, 500}
    assert len(statuses) > 60
    assert statuses["bytes"] == statuses["array"] == 500


def test_text_that_is_json_is_text_and_the_lessons_script_returns_a_dictionary(answering: Pair) -> None:
    for server in (answering.ours, answering.theirs):
        assert server.ask(b'{"result": "the lesson\'s"}').body == b'{"result": [false]}'
        assert server.ask(b'{"result": "JSON as text"}').body == b'"{\\"result\\": [false]}"'


def test_only_the_log_says_what_was_raised(answering: Pair) -> None:
    assert b"secret text" not in answering.ours.ask(b'{"result": "assertion"}').body
    assert "AssertionError: secret text" in answering.ours.log.read_text()


ECHO = """
import json
def init(): pass
def run(data, request_headers):
    shown = {k: v for k, v in request_headers.items() if k.startswith("X-Own") or k.startswith("Content")}
    return [data, shown]
"""
JSON = {"Content-Type": "application/json"}
REQUESTS = {
    "text": {"body": b"hello"},
    "JSON": {"body": b'{"a": [1, 2]}', "headers": JSON},
    "bad JSON is for the script to judge": {"body": b"{", "headers": JSON},
    "nothing": {"body": b""},
    "beyond ASCII": {"body": "café".encode()},
    "not UTF-8": {"body": b"\xff\xfe"},
    "cut in the middle of a character": {"body": "é".encode()[:1]},
    "a null byte": {"body": b"a\0b"},
    "a form": {"body": b"a=1&b=2", "headers": {"Content-Type": "application/x-www-form-urlencoded"}},
    "a form's type in capitals": {
        "body": b"a=1",
        "headers": {"Content-Type": "Application/X-WWW-Form-URLencoded; charset=utf-8"},
    },
    "a large form": {
        "body": b"a=" + b"1" * 600_000,
        "headers": {"Content-Type": "application/x-www-form-urlencoded"},
    },
    "a form in parts": {
        "body": b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--x--\r\n',
        "headers": {"Content-Type": "multipart/form-data; boundary=x"},
    },
    "parts without a boundary": {"body": b"abc", "headers": {"Content-Type": "multipart/form-data"}},
    "another type": {"body": b"a,b\n1,2\n", "headers": {"Content-Type": "text/csv"}},
    "a query is not looked at": {"body": b"x", "target": "/score?a=1"},
    "a large body": {"body": b"x" * 3_000_000},
    "own headers": {"body": b"x", "headers": {"x-own-header": "1", "X-OWN-2b": "two, three"}},
    "GET": {"method": "GET"},
    "GET with parameters": {"method": "GET", "target": "/score?a=1&b=[1,2]&c=x&d=null&e="},
    "GET with one twice": {"method": "GET", "target": "/score?a=1&a=x&b=2"},
    "GET with quoted ones": {
        "method": "GET",
        "target": "/score?" + quote("é ü") + "=" + quote('{"k": "v w"}') + "&p=1+2",
    },
    "GET with bytes that are no text": {"method": "GET", "target": "/score?a=%ff%41&b=%zz"},
    "GET with NaN": {"method": "GET", "target": "/score?a=NaN&b=Infinity&c=1e3"},
    "GET without a value": {"method": "GET", "target": "/score?a&b"},
    "OPTIONS": {"method": "OPTIONS"},
    "HEAD": {"method": "HEAD"},
    "PUT": {"method": "PUT", "body": b"x"},
    "DELETE": {"method": "DELETE"},
    "PATCH": {"method": "PATCH", "body": b"x"},
    "health": {"method": "GET", "target": "/"},
    "POST to health": {"method": "POST", "target": "/", "body": b"x"},
    "POST to the documents": {"method": "POST", "target": "/swagger.json", "body": b"x"},
    "HEAD of the documents": {"method": "HEAD", "target": "/swagger.json"},
    "elsewhere": {"method": "GET", "target": "/elsewhere"},
    "POST elsewhere": {"target": "/score/", "body": b"x"},
}


def test_whatever_is_asked(python: Path, tmp_path: Path) -> None:
    with pair(python, tmp_path, ECHO) as servers:
        statuses = {why: servers.same(why, **request) for why, request in REQUESTS.items()}
        assert same_documents(servers) == [200] * 6 + [404, 404, 200, 200, 404]
    assert {statuses[why] for why in ("not UTF-8", "PUT", "elsewhere")} == {400, 405, 404}


RAW = """
import json
from azureml_inference_server_http.api.aml_request import AMLRequest, rawhttp
from azureml_inference_server_http.api.aml_response import AMLResponse
from flask import Response, jsonify, make_response, redirect, request as current

def init(): pass

@rawhttp
def run(request):
    what = request.args.get("what", "echo")
    if what == "echo":
        body = request.get_data()
        return AMLResponse(bytes(reversed(body)), 200, {"Content-Type": "application/octet-stream", "X-Own": "a, b"})
    if what == "facts":
        return {
            "method": request.method, "path": request.path, "query": request.query_string.decode(),
            "type": request.content_type, "length": request.content_length, "json": request.get_json(silent=True),
            "args": request.args.to_dict(flat=False), "form": request.form.to_dict(), "own": request.headers.get("x-own"),
            "same": current.path, "files": {k: v.read().decode() for k, v in request.files.items()},
        }
    if what == "json": return AMLResponse({"a": 1}, 201, json_str=True)
    if what == "nothing": return AMLResponse(None, 202)
    if what == "broken": return AMLResponse("bad", 503)
    if what == "failed": return Response("x", 500, {"x-ms-run-function-failed": "False"})
    if what == "text": return AMLResponse("text", 200)
    if what == "flask": return jsonify(a=[1])
    if what == "redirect": return redirect("/elsewhere")
    if what == "stream": return Response((part for part in ["a", "b"]), mimetype="text/plain")
    if what == "empty": return Response(status=204)
    if what == "bad stream": return Response("caf\\u00e9", content_type="text/plain; charset=utf-8")
    if what == "pair": return ("text", 201)
    if what == "bytes": return b"bytes"
    if what == "json of raw": return json.dumps({"a": 1})
    if what == "abort":
        from flask import abort
        abort(404)
    raise RuntimeError(what)
"""


def test_raw_requests_and_responses(python: Path, tmp_path: Path) -> None:
    binary = bytes(range(256)) * 300
    with pair(python, tmp_path, RAW) as servers:
        assert servers.same("binary", binary, headers={"Content-Type": "image/png"}) == 200
        assert servers.ours.ask(binary).body == binary[::-1]
        for method in ("GET", "POST", "OPTIONS", "HEAD"):
            servers.same(f"{method} is for the script", method=method, target="/score?what=facts&a=1&a=2")
        servers.same("facts", b'{"x": 1}', target="/score?what=facts", headers={**JSON, "X-Own": "1"})
        servers.same(
            "form", b"a=1", target="/score?what=facts", headers={"Content-Type": "application/x-www-form-urlencoded"}
        )
        parts = b'--x\r\nContent-Disposition: form-data; name="f"; filename="n"\r\n\r\nbytes\r\n--x--\r\n'
        servers.same(
            "file", parts, target="/score?what=facts", headers={"Content-Type": "multipart/form-data; boundary=x"}
        )
        for what in RAW.split('what == "')[1:]:
            servers.same(what, b"x", target="/score?what=" + quote(what.split('"')[0]))
        assert servers.same("raises", b"x", target="/score?what=other") == 500
        assert servers.same("PUT", b"x", method="PUT") == 405


DECLARED = """
import numpy as np
import pandas as pd
from inference_schema.schema_decorators import input_schema, output_schema
from inference_schema.parameter_types.numpy_parameter_type import NumpyParameterType
from inference_schema.parameter_types.pandas_parameter_type import PandasParameterType
from inference_schema.parameter_types.standard_py_parameter_type import StandardPythonParameterType

def init(): pass

@input_schema("rows", PandasParameterType(pd.DataFrame({"a": [1], "b": [2.5]})))
@input_schema("factor", StandardPythonParameterType(1.0), optional=True)
@output_schema(NumpyParameterType(np.array([1.0])))
def run(rows, factor=2.0):
    return (rows["a"] * factor).tolist()
"""


def test_scripts_that_declare_their_inputs(python: Path, tmp_path: Path) -> None:
    rows = {"rows": [{"a": 1, "b": 2.0}, {"a": 3, "b": 4.0}]}
    bodies = {
        "rows": rows,
        "with the other": {**rows, "factor": 3.0},
        "with more": {**rows, "else": 1},
        "without rows": {"factor": 1.0},
        "a list": [1],
        "no rows": {"rows": []},
        "other rows": {"rows": [{"c": 1}]},
        "rows that are none": {"rows": 3},
    }
    with pair(python, tmp_path, DECLARED) as servers:
        statuses = {why: servers.same(why, json.dumps(body).encode(), headers=JSON) for why, body in bodies.items()}
        assert (statuses["rows"], statuses["without rows"], statuses["a list"]) == (200, 400, 400)
        for why, body, kind in (
            ("bad JSON", b"{", "application/json"),
            ("no body", b"", "application/json"),
            ("not UTF-8", b"\xff", "application/json"),
            ("another type", b"{}", "text/plain"),
            ("like JSON", json.dumps(rows).encode(), "application/x-own+json; charset=utf-8"),
        ):
            servers.same(why, body, headers={"Content-Type": kind})
        assert servers.same("no type", b"{}") == 415
        target = "/score?rows=" + quote(json.dumps(rows["rows"]))
        assert servers.same("GET", method="GET", target=target) == 200
        assert servers.same("GET of nothing", method="GET") == 400
        assert servers.same("OPTIONS", method="OPTIONS") == 200
        assert same_documents(servers)[0] == 200


OWN_DOCUMENTS = {"swagger.json": {"own": 2}, "swagger3.json": {"own": 3}, "swagger3.1.json": {"own": 3.1}}
SPLIT = """
import pandas as pd
from inference_schema.schema_decorators import input_schema, output_schema
from inference_schema.parameter_types.pandas_parameter_type import PandasParameterType
from inference_schema.parameter_types.standard_py_parameter_type import StandardPythonParameterType
def init(): pass
@input_schema("input_data", PandasParameterType(pd.DataFrame({"a": [0.5], "b": [0.5]}), orient="split"))
@output_schema(StandardPythonParameterType([0.5]))
def run(input_data): return [0.5]
"""
MODEL = """
flavors: {python_function: {loader_module: none}}
signature:
  inputs: '[{"type": "double", "name": "a"}, {"type": "double", "name": "b"}]'
  outputs: '[{"type": "double"}]'
"""


def test_documents_of_the_users_own_come_first_and_models_are_told_of_as_tables_are(
    python: Path, tmp_path: Path
) -> None:
    (tmp_path / "code").mkdir()
    for name, document in OWN_DOCUMENTS.items():
        (tmp_path / "code" / name).write_text(json.dumps(document))
    script = tmp_path / "code" / "score.py"
    script.write_text(SPLIT)
    with microsofts(python, tmp_path, script, SERVICE_NAME="blue", SERVICE_PATH_PREFIX="/a/b") as theirs:
        with ours(python, tmp_path, script, SERVICE_NAME="blue") as our:
            assert same_documents(Pair(our, theirs))[0] == 200
        for name in OWN_DOCUMENTS:
            (tmp_path / "code" / name).unlink()
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "MLmodel").write_text(MODEL)
    named = {"SERVICE_NAME": "blue", "SERVICE_PATH_PREFIX": "/a/b"}
    with pytest.MonkeyPatch.context() as patch, microsofts(python, tmp_path, script, **named) as theirs:
        for name, value in named.items():
            patch.setenv(name, value)
        served = Documents(tmp_path / "model", *schemas(tmp_path / "model"))
        for version in ("2", "3", "3.1"):
            target = f"/swagger.json?version={version}"
            shown, expected = (
                json.loads(served.answer(HttpRequest("GET", target)).body),
                json.loads(theirs.ask(method="GET", target=target).body),
            )
            assert without_examples(shown) == without_examples(expected)


def without_examples(document: object) -> object:
    """A signature has no sample of its data."""
    if isinstance(document, dict):
        return {name: without_examples(value) for name, value in document.items() if name != "example"}
    return [without_examples(item) for item in document] if isinstance(document, list) else document


MAIN_THREAD = """
import asyncio, signal, time
def init(): pass
def run(data):
    if data == "signals":
        signal.signal(signal.SIGUSR1, signal.SIG_DFL)
        return "fine"
    if data == "loop":
        async def work():
            await asyncio.sleep(0)
            return "worked"
        return asyncio.run(work())
    time.sleep(5)
"""


def test_scripts_have_the_main_thread_and_a_limit_of_time(python: Path, tmp_path: Path) -> None:
    with pair(python, tmp_path, MAIN_THREAD, SCORING_TIMEOUT_MS="300") as servers:
        assert servers.same("signals", b"signals") == 200
        assert servers.same("an event loop of its own", b"loop") == 200
        assert servers.same("too long", b"sleep") == 500
        assert servers.ours.ask(b"sleep").body == b'{"message": "Scoring timeout after 300 ms"}'
        assert servers.same("and on", b"signals") == 200


ENDING = """
import argparse, json, sys
class PanicException(BaseException):
    pass
def init(): pass
def run(data):
    if data == "exit": sys.exit(2)
    if data == "argparse": argparse.ArgumentParser().parse_args(["--no-such"])
    if data == "interrupt": raise KeyboardInterrupt
    if data == "generator": raise GeneratorExit
    if data == "panic": raise PanicException("a panic in Rust")
    return data
"""


@pytest.mark.parametrize("ending", ["exit", "argparse", "interrupt", "generator", "panic"])
def test_what_is_no_exception_ends_no_server(python: Path, tmp_path: Path, ending: str) -> None:
    """Microsoft's server hangs up and starts its worker again; ours answers and goes on."""
    path = tmp_path / "score.py"
    path.write_text(ENDING)
    with ours(python, tmp_path, path) as server:
        failed = server.ask(ending.encode())
        assert (failed.status, failed.failed) == (500, "True")
        assert (
            failed.body
            == b'{"message": "An unexpected error occurred in scoring script. Check the logs for more info."}'
        )
        assert (server.ask(b"next").status, server.ask(b"next").body) == (200, b'"next"')
