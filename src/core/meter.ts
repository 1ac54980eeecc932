/** As much of OpenTelemetry's `Meter` as is used; any version of `@opentelemetry/api` fits. */
export interface Meter {
	createCounter(
		name: string,
		options?: InstrumentOptions,
	): { add(value: number, attributes?: Attributes): void };
	createHistogram(
		name: string,
		options?: InstrumentOptions,
	): { record(value: number, attributes?: Attributes): void };
	createObservableGauge(name: string, options?: InstrumentOptions): ObservableGauge;
}

export interface ObservableGauge {
	addCallback(callback: GaugeCallback): void;
	removeCallback(callback: GaugeCallback): void;
}

export type GaugeCallback = (result: { observe(value: number, attributes?: Attributes): void }) => void;

export type Attributes = Record<string, string>;

export interface InstrumentOptions {
	description?: string;
	unit?: string;
	advice?: { explicitBucketBoundaries?: number[] };
}
