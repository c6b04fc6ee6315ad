// Parses the AsyncAPI document as tools do: exit 1 where the official parser reports an error or a warning.
import { readFileSync } from "node:fs";
import { Parser } from "@asyncapi/parser";

const [file] = process.argv.slice(2);
const { document, diagnostics } = await new Parser().parse(readFileSync(file, "utf8"));
const severities = ["error", "warning"];
const found = diagnostics.filter((each) => each.severity < severities.length);
for (const each of found) {
  console.error(`${severities[each.severity]}: ${each.path.join("/")}: ${each.message} (${each.code})`);
}
if (!document || found.length) {
  process.exit(1);
}
console.log(`${file}: ${document.channels().length} channels, ${document.messages().length} messages`);
