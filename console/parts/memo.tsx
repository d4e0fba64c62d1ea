import { Component, type ComponentClass, type FunctionComponent, type VNode } from 'preact';

/** The same, drawn again only where a property is another one, or a signal that it reads. */
export function memo<Props extends object>(Drawn: FunctionComponent<Props>): ComponentClass<Props> {
  return class extends Component<Props> {
    override shouldComponentUpdate(next: Readonly<Props>): boolean {
      return !isAlike(this.props, next);
    }

    render(props: Props): VNode {
      return <Drawn {...props} />;
    }
  };
}

/** A thousand are compared at a time: no lists are made for it. */
function isAlike(one: Readonly<Record<string, unknown>>, other: Readonly<Record<string, unknown>>): boolean {
  for (const name in other) if (one[name] !== other[name]) return false;
  for (const name in one) if (!(name in other)) return false;
  return true;
}
