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

function isAlike(one: object, other: object): boolean {
  const keys = Object.keys(other);
  return (
    keys.length === Object.keys(one).length &&
    keys.every((key) => Object.is(Reflect.get(one, key), Reflect.get(other, key)))
  );
}
