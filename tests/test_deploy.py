"""The files in deploy/, each by its schema or its linter, and against the program that they start."""

import argparse
import math
import re
import shutil
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import kubernetes_validate
import psutil
import pytest
import yaml

from live import cluster, server
from live.settings import Settings
from tests.conftest import ROOT, require, running_server
from tests.live.pages import draw, encoded

DEPLOY = ROOT / "deploy"
BIN = Path(sys.executable).parent
KUBERNETES = list(yaml.safe_load_all((DEPLOY / "kubernetes.yaml").read_text()))
RAY = yaml.safe_load((DEPLOY / "rayservice.yaml").read_text())["spec"]
SESSION_BYTES = 28_100
"""As the README has it."""
COMPOSE = yaml.safe_load((DEPLOY / "compose.yaml").read_text())


def parse(command: list[str]) -> Settings:
    """Read a command line of `serve` as the program does."""
    assert command[0] == "serve"
    parser = argparse.ArgumentParser()
    server.add_arguments(parser)
    return Settings(**vars(parser.parse_args(command[1:])))


def container(kind: str = "Deployment") -> dict[str, Any]:
    [deployment] = [resource for resource in KUBERNETES if resource["kind"] == kind]
    [found] = deployment["spec"]["template"]["spec"]["containers"]
    return dict(found)


@pytest.mark.parametrize("name", ["Dockerfile", "Dockerfile.ray"])
def test_dockerfiles_pass_hadolint(name: str) -> None:
    found = subprocess.run([BIN / "hadolint", DEPLOY / name], capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stdout


def test_the_compose_file_fits_its_schema() -> None:
    command = [str(BIN / "check-jsonschema"), "--builtin-schema", "vendor.compose-spec"]
    command += [str(DEPLOY / "compose.yaml")]
    found = subprocess.run(command, capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stdout


def test_nginx_can_read_the_certificate_that_the_compose_file_says_how_to_make(tmp_path: Path) -> None:
    require(shutil.which("openssl"), "openssl")
    (tmp_path / "deploy").mkdir()
    said = re.findall("^#   (.*)$", (DEPLOY / "compose.yaml").read_text(), re.MULTILINE)
    assert said[-1].startswith("docker compose ")
    subprocess.run(["sh", "-ec", "\n".join(said[:-1])], cwd=tmp_path, check=True, capture_output=True)
    mounted = [volume.split(":")[0] for volume in COMPOSE["services"]["nginx"]["volumes"]]
    names = [name for name in mounted if name.endswith(".pem")]
    assert len(names) == 2
    for name in names:
        assert (tmp_path / "deploy" / name).stat().st_mode & stat.S_IROTH, name


@pytest.mark.parametrize("resource", KUBERNETES, ids=lambda resource: resource["kind"])
def test_manifests_fit_kubernetes_schemas(resource: dict[str, Any]) -> None:
    kubernetes_validate.validate(resource, kubernetes_validate.latest_version(), strict=True)


def test_the_ray_clusters_pods_fit_kubernetes_schema() -> None:
    groups = [RAY["rayClusterConfig"]["headGroupSpec"], *RAY["rayClusterConfig"]["workerGroupSpecs"]]
    for group in groups:
        pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "pod"}, **group["template"]}
        kubernetes_validate.validate(pod, kubernetes_validate.latest_version(), strict=True)


def test_every_command_is_one_that_the_program_knows() -> None:
    assert parse(container()["args"]).workers == 1
    assert parse(COMPOSE["services"]["one"]["command"]).trusted_proxies == ("*",)
    docker = (DEPLOY / "Dockerfile").read_text().rpartition("CMD ")[2]
    assert parse(yaml.safe_load(docker)).host == "0.0.0.0"
    [app] = yaml.safe_load(RAY["serveConfigV2"])["applications"]
    assert app["import_path"] == "live.cluster:app"
    assert cluster.read_arguments(app["args"]).replicas == 8


def test_pods_get_the_time_that_their_drain_takes() -> None:
    drain_s = Settings().drain_s
    pod = next(r for r in KUBERNETES if r["kind"] == "Deployment")["spec"]["template"]["spec"]
    pre_stop = int(container()["lifecycle"]["preStop"]["exec"]["command"][-1].split("sleep(")[1].rstrip(")"))
    assert pod["terminationGracePeriodSeconds"] > pre_stop + drain_s + 3
    assert int(COMPOSE["services"]["one"]["stop_grace_period"].rstrip("s")) > drain_s + 3


def test_pods_have_room_for_the_largest_pictures() -> None:
    if sys.platform != "linux":
        pytest.skip("needs /proc")
    settings = parse(container()["args"])
    picture = encoded(draw(side=math.isqrt(settings.max_picture_pixels)), "WEBP")
    with running_server() as server, httpx.Client(base_url=server.url, timeout=60) as http:
        assert http.post("/v1/predict", content=picture).json()["type"] == "prediction"
        assert '"predictions":1' in http.post("/v1/batch", content=picture).text
        pod = psutil.Process(server.process.pid)
        most = sum(most_memory(process.pid) for process in [pod, *pod.children(recursive=True)])
    limit = int(container()["resources"]["limits"]["memory"].removesuffix("Gi")) * 2**30
    assert most + settings.max_sessions * SESSION_BYTES < limit


def most_memory(pid: int) -> int:
    """Say how many bytes a process has had at most."""
    found = re.search(r"^VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text(), re.MULTILINE)
    assert found
    return int(found[1]) * 1024


def test_the_ingress_does_as_nginx_does() -> None:
    nginx = (DEPLOY / "nginx.conf").read_text()
    everywhere, *blocks = re.split(r"    location (?:= )?(\S+) \{", nginx)
    locations = dict(zip(blocks[::2], blocks[1::2], strict=True))
    ingresses = [resource for resource in KUBERNETES if resource["kind"] == "Ingress"]
    other_names = {
        "proxy_body_size": "client_max_body_size",
        "limit_connections": "limit_conn uploads_from_one",
    }
    for ingress, served in zip(ingresses, (("/v1/live", "/v1/predict"), ("/v1/batch",)), strict=True):
        there = everywhere + "".join(map(locations.__getitem__, served))
        for name, value in ingress["metadata"]["annotations"].items():
            directive = name.split("/")[1].replace("-", "_")
            unit = "s" if directive.endswith("_timeout") else ""
            assert f" {other_names.get(directive, directive)} {value}{unit};" in there, name


def test_no_ingress_leads_to_the_numbers() -> None:
    backends = {
        path["path"]: path["backend"]["service"]["name"]
        for resource in KUBERNETES
        if resource["kind"] == "Ingress"
        for rule in resource["spec"]["rules"]
        for path in rule["http"]["paths"]
    }
    nothing = {"/metrics": "live-digits-nothing"}
    assert backends == {"/": "live-digits", "/v1/batch": "live-digits"} | nothing
    [service] = [one for one in KUBERNETES if one["metadata"]["name"] == "live-digits-nothing"]
    assert "selector" not in service["spec"]


def test_the_autoscaler_asks_for_a_number_that_the_server_tells() -> None:
    from live.metrics import Metrics, collect

    [scaler] = [resource for resource in KUBERNETES if resource["kind"] == "HorizontalPodAutoscaler"]
    [metric] = scaler["spec"]["metrics"]
    assert metric["pods"]["metric"]["name"] in {family.name for family in collect(Metrics(), [], True)}
    most = parse(container()["args"]).max_sessions
    assert int(metric["pods"]["target"]["averageValue"]) < most
