export interface Order {
  readonly id: string;
  readonly userId: string;
  readonly total: number;
  status: 'open' | 'paid';
  note: string;
}
