/** The control room's entry. */

import "@/shared/styles.css";
import "./control.css";
import { render } from "preact";
import { App } from "./app";

const place = document.getElementById("app");
if (place) render(<App />, place);
