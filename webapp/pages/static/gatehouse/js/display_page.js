// The page of display settings.

import { watchOfferedColumns } from "./offered_columns.js";

watchOfferedColumns();
