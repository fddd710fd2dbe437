/** The shared components under one name. */

export { Badge, type Tone } from "./Badge";
export { Button, ButtonLink, IconButton } from "./Button";
export { Dialog } from "./Dialog";
export { Check, Field, Form, type Typed } from "./Form";
export { Icon, type IconName } from "./Icon";
export { More } from "./More";
export { SignInDialog, SignInForm } from "./SignIn";
export { Empty, Failed, Loading, Note, ProblemNote, Shown } from "./states";
export { type Column, Table } from "./Table";
export { type Tab, Tabs } from "./Tabs";
export { ThemeSwitch } from "./ThemeSwitch";
export { Toasts } from "./Toasts";
