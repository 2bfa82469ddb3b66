// The SQL page: DuckDB in a worker, over the published Parquet. Everything comes from this site's own bucket.

const form = document.getElementById("consulta");
const picker = document.getElementById("tabla");
const about = document.getElementById("sobre");
const text = document.getElementById("sql");
const go = document.getElementById("ejecutar");
const save = document.getElementById("csv");
const state = document.getElementById("estado");
const trouble = document.getElementById("error");
const place = document.getElementById("resultado");

const SHOWN = 500;
const MOST = 100000;
const number = new Intl.NumberFormat("es-GT");
const here = (link) => new URL(link, document.baseURI).href;

let tables = [];
let engine = null;
let result = null;

const MEANINGS = [
  [/^Parser Error/, "La consulta no está bien escrita."],
  [/^Catalog Error: Table/, "No hay ninguna tabla con ese nombre: escríbalo entre comillas simples, como en el ejemplo."],
  [/^Catalog Error/, "La consulta usa una función o un tipo que no existe."],
  [/^Binder Error: Referenced column/, "La consulta usa una columna que no existe en esa tabla."],
  [/^Binder Error/, "La consulta usa mal una columna, una función o un grupo."],
  [/^Conversion Error/, "Un valor no se puede convertir al tipo que pide la consulta."],
  [/^Out of Memory|memory/i, "El resultado no cabe en la memoria del navegador: filtre o agrupe más."],
  [/^IO Error|HTTP|fetch/i, "No se pudo leer un archivo de datos: revise su conexión y el nombre de la tabla."],
];

function explain(error) {
  const said = String(error && error.message ? error.message : error).replace(/^Error: /, "");
  const known = MEANINGS.find(([pattern]) => pattern.test(said));
  trouble.replaceChildren();
  const summary = document.createElement("p");
  summary.className = "alert";
  summary.textContent = known ? known[1] : "La consulta no se pudo ejecutar.";
  const details = document.createElement("details");
  const head = document.createElement("summary");
  head.textContent = "Lo que dijo el motor (en inglés)";
  const words = document.createElement("pre");
  words.textContent = said;
  details.append(head, words);
  trouble.append(summary, details);
  trouble.hidden = false;
}

async function start() {
  state.textContent = "Descargando el motor de consultas…";
  const duckdb = await import(here(form.dataset.engine));
  const worker = new Worker(here(form.dataset.worker));
  const database = new duckdb.AsyncDuckDB(new duckdb.VoidLogger(), worker);
  await database.instantiate(here(form.dataset.wasm));
  await database.open({ filesystem: { allowFullHTTPReads: false } });
  for (const one of tables) {
    await database.registerFileURL(one.nombre, here(one.archivo), duckdb.DuckDBDataProtocol.HTTP, false);
  }
  return database.connect();
}

async function ask(connection, sql) {
  const described = await connection.query(`DESCRIBE ${sql}`);
  const [named, typed] = [described.getChildAt(0), described.getChildAt(1)];
  const columns = Array.from({ length: described.numRows }, (_, at) => ({ name: named.get(at), type: typed.get(at) }));
  // As text, so that money and large numbers are shown digit by digit.
  const names = columns.map((_, at) => `c${at}`);
  const list = names.map((name) => `CAST(${name} AS VARCHAR) AS ${name}`).join(", ");
  // Into a table first: an error in the middle of a plain query would come back as no rows.
  const whole = `SELECT ${list} FROM (${sql}\n) AS pregunta(${names.join(", ")}) LIMIT ${MOST + 1}`;
  await connection.query(`CREATE OR REPLACE TEMP TABLE resultado AS ${whole}`);
  const answer = await connection.query("SELECT * FROM resultado");
  const vectors = names.map((_, at) => answer.getChildAt(at));
  const found = [];
  for (let row = 0; row < answer.numRows; row += 1) {
    found.push(vectors.map((vector) => vector.get(row)));
  }
  return { columns, rows: found.slice(0, MOST), cut: found.length > MOST };
}

const isNumber = (column) => /INT|DECIMAL|DOUBLE|FLOAT|REAL/.test(column.type);

function show({ columns, rows: found }) {
  const table = document.createElement("table");
  const caption = document.createElement("caption");
  caption.className = "away";
  caption.textContent = "Resultado de la consulta";
  table.append(caption);
  const head = table.createTHead().insertRow();
  for (const column of columns) {
    const cell = document.createElement("th");
    cell.scope = "col";
    cell.textContent = column.name;
    if (isNumber(column)) cell.className = "n";
    head.append(cell);
  }
  const body = table.createTBody();
  for (const row of found.slice(0, SHOWN)) {
    const line = body.insertRow();
    row.forEach((value, at) => {
      const cell = line.insertCell();
      cell.textContent = value === null ? "" : value;
      if (isNumber(columns[at])) cell.className = "n";
    });
  }
  place.replaceChildren(table);
  place.hidden = false;
}

function tell({ rows: found, cut }, seconds) {
  const many = found.length === 1 ? "1 fila" : `${number.format(found.length)} filas`;
  const shown = found.length > SHOWN ? `; se muestran las primeras ${number.format(SHOWN)}` : "";
  const limit = cut ? ` (el resultado se cortó en ${number.format(MOST)})` : "";
  state.textContent = `${many}${limit} en ${seconds.toFixed(1)} s${shown}.`;
}

async function run(event) {
  event.preventDefault();
  const sql = text.value.trim().replace(/;+\s*$/, "");
  if (!sql || go.disabled) return;
  go.disabled = true;
  save.disabled = true;
  trouble.hidden = true;
  place.hidden = true;
  const before = performance.now();
  try {
    engine ??= start();
    const connection = await engine.catch((error) => {
      engine = null;
      throw error;
    });
    state.textContent = "Ejecutando la consulta…";
    result = await ask(connection, sql);
    show(result);
    tell(result, (performance.now() - before) / 1000);
    save.disabled = false;
  } catch (error) {
    state.textContent = "";
    explain(error);
  } finally {
    go.disabled = false;
  }
}

function download() {
  const quote = (value) => (value === null ? "" : /[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value);
  const lines = [result.columns.map((column) => column.name), ...result.rows].map((row) => row.map(quote).join(","));
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob(["\ufeff", lines.join("\r\n"), "\r\n"], { type: "text/csv;charset=utf-8" }));
  link.download = "consulta.csv";
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

function pick(fill) {
  const one = tables[picker.selectedIndex];
  if (!one) return;
  const size = one.bytes < 1e6 ? `${Math.ceil(one.bytes / 1e3)} kB` : `${(one.bytes / 1e6).toFixed(1)} MB`;
  about.replaceChildren(`${one.institucion} · ${one.filas} · ${size} · `);
  const link = document.createElement("a");
  link.href = one.pagina;
  link.textContent = "qué significa cada columna";
  about.append(link);
  if (fill) text.value = one.ejemplo;
}

async function begin() {
  tables = await (await fetch(here(form.dataset.tables))).json();
  let group = null;
  for (const one of tables) {
    const option = document.createElement("option");
    option.textContent = one.tabla || one.titulo;
    if (one.tabla && group?.label !== one.titulo) {
      group = document.createElement("optgroup");
      group.label = one.titulo;
      picker.append(group);
    }
    (one.tabla ? group : picker).append(option);
  }
  const wanted = decodeURIComponent(location.hash.slice(1));
  const at = tables.findIndex((one) => one.conjunto === wanted || one.nombre === `${wanted}.parquet`);
  if (at > 0) picker.selectedIndex = at;
  pick(true);
  form.hidden = false;
}

picker.addEventListener("change", () => pick(true));
form.addEventListener("submit", run);
save.addEventListener("click", download);
text.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) run(event);
});
begin().catch(explain);
