// DuckDB as a peer: node duckdb.mjs LOG CUTOFF OUTPUT. Needs: npm install --no-save @duckdb/node-api
import { DuckDBInstance } from '@duckdb/node-api';

const [log, cutoff, output] = process.argv.slice(2);
const connection = await (await DuckDBInstance.create()).connect();
await connection.run(
  `COPY (SELECT json FROM read_ndjson_objects('${log}') WHERE CAST(json->>'timestamp' AS DOUBLE) >= ${cutoff})
   TO '${output}' (FORMAT csv, HEADER false, DELIMITER '\u0001', QUOTE '', ESCAPE '')`,
);
process.exit(0);
