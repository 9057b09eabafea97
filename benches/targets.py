"""The targets of benches: programs and pages that answer questions in JSON."""

import json
import platform
import subprocess
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def checked(answer):
    """The answer, unless it is an error."""
    if isinstance(answer, dict) and "error" in answer:
        raise RuntimeError(answer["error"])
    return answer


class Program:
    """A process that answers lines with lines."""

    def __init__(self, command):
        self.process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    @classmethod
    def native(cls):
        """The native side of multiwell's bench."""
        return cls(["cargo", "bench", "--quiet", "--package", "multiwell", "--bench", "speed"])

    def read(self):
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self.process.args} ended without an answer")
        return checked(json.loads(line))

    def ask(self, question):
        print(json.dumps(question), file=self.process.stdin, flush=True)
        return self.read()

    def close(self):
        self.process.stdin.close()
        self.process.wait()


class Browser:
    """A page whose `window.ask` answers, in a browser that `driver` starts with some capabilities."""

    def __init__(self, driver, capabilities, url):
        self.session = f"{driver}/session"
        started = self.command("", {"capabilities": {"alwaysMatch": capabilities}})
        self.version = f"{started['capabilities']['browserName']} {started['capabilities']['browserVersion']}"
        self.session += "/" + started["sessionId"]
        self.command("/timeouts", {"script": 600_000})
        self.command("/url", {"url": url})

    def command(self, path, body, method="POST"):
        data = json.dumps(body).encode() if method == "POST" else None
        request = urllib.request.Request(self.session + path, data, {"Content-Type": "application/json"}, method=method)
        with urllib.request.urlopen(request) as response:
            return json.load(response)["value"]

    def ask(self, question):
        script = "window.ask(arguments[0]).then(arguments[1], (e) => arguments[1](JSON.stringify({error: String(e)})))"
        answer = self.command("/execute/async", {"script": script, "args": [json.dumps(question)]})
        return checked(json.loads(answer))

    def close(self):
        self.command("", None, "DELETE")


def machine():
    """The processor, its number of cores and the system."""
    try:
        names = [line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")]
        return f"{names[0]}, {len(names)} cores, {platform.system().lower()}"
    except (OSError, IndexError):
        return f"{platform.processor()}, {platform.system().lower()}"


def output(*command):
    """What a short program prints."""
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True).stdout.strip() or "unknown"
