export { abbreviatedUnits, baseUnitOf, hasNamePart } from './metric-units.ts'
