// What is to be done at the end of a turn, however often it was asked for in it.

export class Todo {
  /** The state of the cluster may be another. */
  updates = false
  /** What nodes.conf says is another; it must be on the disk before anybody is told. */
  saves = false
  syncs = false
  /** There may be votes enough. */
  elects = false
  /** The master of a manual failover has told its offset. */
  handsOver = false

  update(): void {
    this.updates = true
  }

  save(): void {
    this.saves = true
  }

  saveAndSync(): void {
    this.saves = true
    this.syncs = true
  }
}
