// placeholder
export function ConsoleTab({ vm }: { vm: string }) { return <p>{vm}</p>; }
