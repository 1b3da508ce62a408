/** Python's object model: attributes, calls, iteration, indexing, truth. Host objects are asked through `Host`. */
import { binaryOperation, equal, ordered, unaryOperation } from "./arithmetic.ts"
import type { Host } from "./host.ts"
import { builtinMethod } from "./methods.ts"
import { getSequenceItem, position } from "./sequence.ts"
import {
  HostClass,
  Instance,
  isCallable,
  isDict,
  isInteger,
  isList,
  isNumeric,
  type Keywords,
  Namespace,
  PyClass,
  PythonError,
  Super,
  Tuple,
  typeName,
  type Value,
} from "./values.ts"

export class Runtime {
  readonly host: Host

  constructor(host: Host) {
    this.host = host
  }

  binary(operator: string, left: Value, right: Value): Value {
    const usesHost = this.host.owns(left) || this.host.owns(right)
    return usesHost ? this.host.binary(operator, left, right) : binaryOperation(operator, left, right)
  }

  unary(operator: string, operand: Value): Value {
    if (operator === "not") return !this.truth(operand)
    return this.host.owns(operand) ? this.host.unary(operator, operand) : unaryOperation(operator, operand)
  }

  compare(operator: string, left: Value, right: Value): Value {
    if (operator === "is") return left === right
    if (operator === "is not") return left !== right
    if (operator === "in") return this.contains(right, left)
    if (operator === "not in") return !this.contains(right, left)
    if (this.host.owns(left) || this.host.owns(right)) {
      const comparable = left !== null && right !== null
      return comparable ? this.host.compare(operator, left, right) : operator === "!="
    }
    if (operator === "==") return equal(left, right)
    if (operator === "!=") return !equal(left, right)
    return ordered(operator, left, right)
  }

  private contains(container: Value, item: Value): boolean {
    if (typeof container === "string") return typeof item === "string" && container.includes(item)
    return this.iterate(container).some((candidate) => candidate === item || equal(candidate, item))
  }

  truth(value: Value): boolean {
    if (value === null) return false
    if (isNumeric(value)) return Boolean(value)
    if (typeof value === "string") return value.length > 0
    if (isList(value)) return value.length > 0
    if (value instanceof Tuple) return value.items.length > 0
    if (isDict(value)) return value.size > 0
    return this.host.owns(value) ? this.host.truth(value) : true
  }

  iterate(value: Value): Value[] {
    if (isList(value)) return value
    if (value instanceof Tuple) return [...value.items]
    if (isDict(value)) return [...value.keys()]
    if (typeof value === "string") return [...value]
    if (value !== null && typeof value === "object") {
      const target = value instanceof Instance && value.host ? value.host : value
      if (this.host.owns(target)) return this.host.iterate(target)
    }
    throw new PythonError("TypeError", `${typeName(value)} is not iterable`)
  }

  call(callee: Value, args: Value[], keywords: Keywords): Value {
    if (isCallable(callee)) return callee(args, keywords)
    if (callee instanceof PyClass) return this.instantiate(callee, args, keywords)
    if (callee instanceof Instance) {
      const own = callee.type.find("__call__") ?? (callee.host ? undefined : callee.type.find("forward"))
      if (own !== undefined) return this.call(own, [callee, ...args], keywords)
      if (callee.host) return this.host.call(callee.host, args, keywords)
    }
    if (this.host.owns(callee)) return this.host.call(callee as object, args, keywords)
    throw new PythonError("TypeError", `${typeName(callee)} is not callable`)
  }

  private instantiate(type: PyClass, args: Value[], keywords: Keywords): Instance {
    const instance = new Instance(type)
    const initialise = type.find("__init__")
    if (initialise !== undefined) this.call(initialise, [instance, ...args], keywords)
    return instance
  }

  attribute(object: Value, name: string): Value {
    const found = this.findAttribute(object, name)
    if (found === undefined) throw new PythonError("AttributeError", `${typeName(object)} has no ${name}`)
    return found
  }

  findAttribute(object: Value, name: string): Value | undefined {
    if (object instanceof Namespace) return object.member(name)
    if (object instanceof PyClass) return name === "__name__" ? object.name : object.find(name)
    if (object instanceof Instance) return this.instanceAttribute(object, name)
    if (object instanceof Super) return this.superAttribute(object, name)
    if (object instanceof Tuple && object.fields.includes(name))
      return object.items[object.fields.indexOf(name)]
    if (object !== null && this.host.owns(object)) return this.host.attribute(object as object, name)
    return builtinMethod(this, object, name)
  }

  private instanceAttribute(object: Instance, name: string): Value | undefined {
    const own = object.members.get(name)
    if (own !== undefined) return own
    const inherited = object.type.find(name)
    if (inherited !== undefined) return bind(inherited, object)
    return object.host ? this.host.attribute(object.host, name) : undefined
  }

  private superAttribute(object: Super, name: string): Value | undefined {
    const inherited = object.owner.findInBases(name)
    if (inherited !== undefined) return bind(inherited, object.instance)
    if (name === "__init__") return () => null
    return object.instance.host ? this.host.attribute(object.instance.host, name) : undefined
  }

  setAttribute(object: Value, name: string, value: Value): void {
    if (object instanceof Instance) {
      object.members.set(name, value)
      if (object.host) this.host.setAttribute(object.host, name, value)
    } else if (object instanceof PyClass) object.members.set(name, value)
    else if (this.host.owns(object)) this.host.setAttribute(object as object, name, value)
    else throw new PythonError("AttributeError", `cannot set ${name} of ${typeName(object)}`)
  }

  getItem(object: Value, index: Value): Value {
    if (isDict(object)) {
      const found = object.get(index)
      if (found === undefined) throw new PythonError("KeyError", String(index))
      return found
    }
    if (isList(object)) return getSequenceItem(object, index)
    if (object instanceof Tuple) return getSequenceItem(object.items, index, (items) => new Tuple(items))
    if (typeof object === "string") return getSequenceItem([...object], index, (items) => items.join(""))
    const target = object instanceof Instance && object.host ? object.host : object
    if (this.host.owns(target)) return this.host.getItem(target as object, index)
    throw new PythonError("TypeError", `${typeName(object)} cannot be indexed`)
  }

  setItem(object: Value, index: Value, value: Value): void {
    if (isDict(object)) object.set(index, value)
    else if (isList(object) && isInteger(index)) object[position(object.length, index)] = value
    else if (this.host.owns(object)) this.host.setItem(object as object, index, value)
    else throw new PythonError("TypeError", `cannot set an item of ${typeName(object)}`)
  }

  isInstance(value: Value, type: Value): boolean {
    if (value instanceof Instance && type instanceof PyClass) return derives(value.type, type)
    if (value instanceof Instance && type instanceof HostClass) return value.type.hostBase() === type
    return false
  }
}

function derives(type: PyClass, from: PyClass): boolean {
  return type === from || type.bases.some((base) => base instanceof PyClass && derives(base, from))
}

function bind(member: Value, instance: Instance): Value {
  if (!isCallable(member)) return member
  return (args: Value[], keywords: Keywords) => member([instance, ...args], keywords)
}
