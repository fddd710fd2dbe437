/** Light, dark, or as the system has it. */

import { nextTheme, theme } from "../theme";
import { IconButton } from "./Button";

const ICONS = { system: "screen", light: "sun", dark: "moon" } as const;

export function ThemeSwitch() {
  return <IconButton icon={ICONS[theme.value]} label={`Colours: ${theme.value}`} onClick={nextTheme} />;
}
