"""The interface against its own description, with generated input."""

import os

import pytest
from httpx import Client
from hypothesis import HealthCheck, Phase, settings

from leadtime.interfaces.api import create_app

schemathesis = pytest.importorskip("schemathesis")
os.environ["LEADTIME_APP_COLD"] = "1"
APP = create_app()
SCHEMA = schemathesis.openapi.from_asgi("/api/v1/openapi.json", APP)
EXAMPLES = int(os.environ.get("LEADTIME_API_EXAMPLES", "4"))


@pytest.mark.slow
@SCHEMA.parametrize()
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.generate],
)
def test_generated_input_meets_only_described_answers(case: "schemathesis.Case") -> None:
    response = case.call(headers={"accept": "application/json"})
    assert response.status_code < 500 or response.status_code == 503, (case.as_curl_command(), response.text[:300])
    if not case.path.endswith("openapi.json"):
        document = response.json()
        assert document["ok"] is (response.status_code < 400)
        if not document["ok"]:
            assert document["error"]["message"]
            assert "Traceback" not in document["error"]["message"]


def test_every_operation_is_described(client: Client) -> None:
    document = client.get("/api/v1/openapi.json").json()
    assert document["openapi"].startswith("3.")
    operations = [(path, one) for path, entry in document["paths"].items() for one in entry.values()]
    assert len(operations) >= 30
    for path, one in operations:
        assert path.startswith("/api/v1/")
        assert one["summary"], path
        assert one.get("description"), path
