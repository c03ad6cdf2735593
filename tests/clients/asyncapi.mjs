// Reads an AsyncAPI document with the official parser: says what is wrong with it, or its version.
import { Parser } from "@asyncapi/parser"; import { readFileSync } from "node:fs";
const { document, diagnostics } = await new Parser().parse(readFileSync(process.argv[2], "utf8"));
for (const d of diagnostics) console.log(d.severity, d.code, d.message, d.path.join("."));
console.log(document ? document.version() : "INVALID");
