"""Looking for personal data at scale: all detectors over ten columns of text, seconds and peak memory.

`python -m apertura_demo.bench.detect` prints both for 2,000,000 rows; most values are distinct, as in free text.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from apertura_demo.bench import peak_mb

HOME = Path(__file__).resolve().parents[3]
COLUMNS = {
    "nog": "printf('%09d', i)",
    "entidad": "'Municipalidad de ' || pick(['Mixco', 'Cobán', 'Flores', 'Sololá'], h) || ', ' || pick(['Guatemala', 'Petén'], h >> 3)",
    "proveedor": "pick(['COMERCIAL', 'Distribuidora', 'CONSTRUCTORA', 'Servicios'], h) || ' ' || pick(['EL QUETZAL', 'La Ceiba', 'ATITLÁN'], h >> 4) || ' ' || h % 240000 || ', S.A.'",
    "persona": "pick(['MARÍA', 'JUAN CARLOS', 'Ana Lucía', 'PEDRO', 'Ixchel'], h) || ' ' || pick(['LÓPEZ', 'Cuc', 'XOL', 'García'], h >> 5) || ' ' || pick(['Tzoc', 'PÉREZ', 'de León'], h >> 9)",
    "descripcion": "'Adquisición de ' || pick(['materiales eléctricos', 'papel bond, tamaño carta', 'combustible diésel'], h) || ', cotización número ' || i || ' y sus bases'",
    "relato": "'El día ' || 1 + h % 28 || ' se presentó ante la oficina a las ' || h % 24 || ' horas con el expediente ' || i || '-2024 y solicitó copia de la resolución'",
    "direccion": "1 + h % 20 || 'a. calle ' || h % 30 || '-' || (h >> 7) % 99 || ' zona ' || 1 + (h >> 3) % 21",
    "telefono": "2 + 2 * ((h >> 2) % 2) || lpad(((h >> 9) % 10000000)::VARCHAR, 7, '0')",
    "codigo_barras": "printf('%013d', 7400000000000 + (h % 99999999999))",
    "enlace": "'https://ejemplo.example/expedientes/' || i || '/documento-' || h % 1000 || '.pdf'",
}  # fmt: skip
"""Column -> SQL of its value in row i, of which h is a hash."""
ASKED_SECONDS, ASKED_MB = 60, 1000


def generate(path: Path, rows: int) -> None:
    """The table, the same each time."""
    import duckdb

    columns = ", ".join(f"{sql} AS {name}" for name, sql in COLUMNS.items())
    with duckdb.connect(config={"threads": 2, "memory_limit": "1GB"}) as connection:
        connection.execute("CREATE MACRO pick(list, n) AS list[1 + (n % len(list))::INT]")
        connection.execute(
            f"COPY (SELECT {columns} FROM (SELECT range AS i, hash(range) >> 8 AS h FROM range({rows}))) "
            f"TO '{path}' (FORMAT parquet, COMPRESSION zstd)"
        )


def measure(path: Path) -> dict[str, float]:
    """Wall and processor seconds of one search, peak memory of this process in MB, and how much was found."""
    from apertura.contract import Project
    from apertura.detect import Column, count_kinds
    from apertura.prepare import engine
    from apertura.prepare.vocabulary import define
    from apertura.settings import Settings

    settings = Settings.from_env()
    dataset = Project(HOME).dataset("sat/importacion-vehiculos")
    with (
        tempfile.TemporaryDirectory(dir=path.parent) as scratch,
        engine.connect(settings, Path(scratch)) as connection,
    ):
        define(connection, dataset)
        started, worked = time.monotonic(), time.process_time()
        counts = count_kinds(connection, engine.parquet(path), [Column(name, name) for name in COLUMNS])
        seconds, cpu = time.monotonic() - started, time.process_time() - worked
    hits = sum(one.hits for one in counts)
    return {"seconds": seconds, "cpu": cpu, "peak_mb": peak_mb(), "hits": hits}


def main() -> None:
    """Generate, measure in a process of its own, print."""
    parser = argparse.ArgumentParser(prog="bench.detect", description=__doc__)
    parser.add_argument("--rows", type=int, default=2_000_000)
    parser.add_argument("--folder", type=Path, help="scratch disk to measure on")
    parser.add_argument("--only", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.only:
        print(json.dumps(measure(options.only)))
        return
    with tempfile.TemporaryDirectory(prefix="apertura-bench-", dir=options.folder) as name:
        table = Path(name) / "tabla.parquet"
        generate(table, options.rows)
        command = [sys.executable, "-m", "apertura_demo.bench.detect", "--only", str(table)]
        process = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    if process.returncode:
        raise SystemExit("measuring failed")
    answer = json.loads(process.stdout.splitlines()[-1])
    print(
        f"detectors, {options.rows:,} rows x {len(COLUMNS)} columns: {answer['seconds']:.1f} s "
        f"({answer['cpu']:.1f} s of processor; under {ASKED_SECONDS}), peak {answer['peak_mb']:,.0f} MB "
        f"(under {ASKED_MB:,}), {answer['hits']:,.0f} hits"
    )


if __name__ == "__main__":
    main()
