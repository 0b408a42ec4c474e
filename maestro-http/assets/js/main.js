// Begins what makes pages more than forms and links. Every page works without.
import { begin as live } from "./live.js";
import { begin as times } from "./times.js";
import { begin as keys } from "./keys.js";
import { begin as forms } from "./forms.js";

times();
forms();
keys();
live();
