export {
  type CropOptions,
  type EraseOptions,
  type FlipOptions,
  type NormalizeOptions,
  normalizeChannels,
  randomCrop,
  randomErase,
  randomFlip,
  randomNoise,
} from "./data/augmentation.js";
export {
  type Batch,
  BatchSampler,
  type BatchSamplerOptions,
  batches,
  type Rows,
  takeRows,
  type WithRows,
} from "./data/batches.js";
export { ByteRows, type ByteRowsOptions } from "./data/byte-rows.js";
export { type CsvOptions, parseCsv } from "./data/csv.js";
export { type CsvClasses, CsvTable, type NumbersOptions } from "./data/csv-table.js";
export { DataError } from "./data/errors.js";
export { type IdxData, idxMagic, parseIdx } from "./data/idx.js";
export { type ImageOptions, imagesFromBytes } from "./data/images.js";
export { type LoadOptions, type LoadReport, loadParameters } from "./data/parameters.js";
export { decodeSafetensors, encodeSafetensors, type TensorFile } from "./data/safetensors.js";
export { type SplitOptions, splitRows } from "./data/split.js";
export { mish, selu } from "./functions/activation.js";
export { type AttentionOptions, type AttentionShape, scaledDotProductAttention } from "./functions/attention.js";
export { type CosineSimilarityOptions, cosineSimilarity } from "./functions/cosine-similarity.js";
export { type DropoutMaskOptions, type DropoutOptions, dropout, dropoutMask } from "./functions/dropout.js";
export { embedding } from "./functions/embedding.js";
export {
  type BatchNormOptions,
  type BatchNormResult,
  batchNorm,
  batchNormInference,
  groupNorm,
  type LayerNormOptions,
  layerNorm,
  type NormOptions,
  type RmsNormOptions,
  type RunningStatistics,
  rmsNorm,
} from "./functions/normalization.js";
export { positionalEncoding } from "./functions/positional-encoding.js";
export { constant, normal, truncatedNormal, uniform, zeros } from "./initializers/distributions.js";
export { dirac, identity } from "./initializers/identity.js";
export type { FloatDType, Initializer, InitializerOptions } from "./initializers/initializer.js";
export { orthogonal } from "./initializers/orthogonal.js";
export {
  type DistributionOption,
  type HeOptions,
  he,
  lecun,
  type XavierOptions,
  xavier,
} from "./initializers/scaled.js";
export {
  Activation,
  ELU,
  GELU,
  LeakyReLU,
  LogSoftmax,
  Mish,
  ReLU,
  SELU,
  Sigmoid,
  SiLU,
  Softmax,
  Softplus,
  Tanh,
} from "./layers/activation.js";
export { Affine, type AffineShape } from "./layers/affine.js";
export {
  type AttendOptions,
  MultiHeadAttention,
  type MultiHeadAttentionOptions,
  TransformerBlock,
  type TransformerBlockOptions,
} from "./layers/attention.js";
export {
  Conv1d,
  Conv2d,
  type ConvLayerOptions,
  type ConvLayerShape,
  ConvTranspose1d,
  ConvTranspose2d,
  type ConvTransposeLayerOptions,
  DepthwiseConv2d,
  type DepthwiseConvOptions,
  SeparableConv2d,
} from "./layers/conv.js";
export type { AffineOptions } from "./layers/dense.js";
export { Dropout, type DropoutLayerOptions } from "./layers/dropout.js";
export { Embedding, type EmbeddingOptions } from "./layers/embedding.js";
export { Flatten, type FlattenShape } from "./layers/flatten.js";
export { Frozen } from "./layers/frozen.js";
export { type ForwardOptions, Layer, type NamedTensors } from "./layers/layer.js";
export { Linear, type LinearShape } from "./layers/linear.js";
export {
  BatchNorm,
  type BatchNormLayerOptions,
  GroupNorm,
  InstanceNorm,
  LayerNorm,
  type NormLayerOptions,
  RMSNorm,
} from "./layers/normalization.js";
export type { BiasOption, ParameterOptions } from "./layers/parameter.js";
export {
  AdaptiveAvgPool1d,
  AdaptiveAvgPool2d,
  AdaptiveMaxPool1d,
  AdaptiveMaxPool2d,
  AvgPool1d,
  AvgPool2d,
  type AvgPoolLayerOptions,
  GlobalAvgPool,
  GlobalMaxPool,
  MaxPool1d,
  MaxPool2d,
  type MaxPoolLayerOptions,
  type PooledShape,
} from "./layers/pool.js";
export { PReLU, type PReLUOptions } from "./layers/prelu.js";
export {
  GRU,
  LSTM,
  type LSTMState,
  type RecurrentOptions,
  type RecurrentState,
  RNN,
  type RNNOptions,
  type RunOptions,
  type RunResult,
  type SequenceShape,
} from "./layers/recurrent.js";
export { Sequential } from "./layers/sequential.js";
export { l1Loss } from "./losses/absolute-error.js";
export {
  type BinaryCrossEntropyOptions,
  binaryCrossEntropyWithLogits,
  sigmoidWithLoss,
} from "./losses/binary-cross-entropy.js";
export { type CosineEmbeddingOptions, cosineEmbeddingLoss, cosineSimilarityLoss } from "./losses/cosine.js";
export { type CrossEntropyOptions, crossEntropy, softmaxWithLoss } from "./losses/cross-entropy.js";
export { crossEntropyError } from "./losses/cross-entropy-error.js";
export { type CtcOptions, type CtcRows, ctcLoss } from "./losses/ctc.js";
export { type HingeOptions, hingeLoss, type MultiMarginOptions, multiMarginLoss } from "./losses/hinge.js";
export { type HuberOptions, huberLoss, type SmoothL1Options, smoothL1Loss } from "./losses/huber.js";
export { type KlDivergenceOptions, klDivergence } from "./losses/kl-divergence.js";
export type { IgnoredLabel, Labels } from "./losses/labels.js";
export {
  type GaussianNllOptions,
  gaussianNllLoss,
  type PoissonNllOptions,
  poissonNllLoss,
} from "./losses/likelihoods.js";
export { type NllOptions, nllLoss } from "./losses/negative-log-likelihood.js";
export type { Reduced, Reduction, ReductionOptions } from "./losses/reduction.js";
export { SoftmaxWithLoss } from "./losses/softmax-with-loss.js";
export { MeanSquaredError, meanSquaredError, SumOfSquaredErrors, sumOfSquaredErrors } from "./losses/squared-error.js";
export { type TripletMarginOptions, tripletMarginLoss } from "./losses/triplet.js";
export { accuracy, topKAccuracy } from "./metrics/accuracy.js";
export {
  type ClassificationReport,
  classificationReport,
  confusionMatrix,
  type ReportOptions,
  type Scores,
} from "./metrics/confusion.js";
export { r2Score } from "./metrics/r2-score.js";
export { Adadelta, type AdadeltaOptions, type AdadeltaSettings } from "./optimizers/adadelta.js";
export { AdaGrad, type AdaGradOptions, type AdaGradSettings } from "./optimizers/adagrad.js";
export { Adam, type AdamOptions, type AdamSettings, AdamW, type AdamWOptions } from "./optimizers/adam.js";
export { AveragedWeights, type AveragedWeightsOptions } from "./optimizers/averaged-weights.js";
export { LBFGS, type LBFGSOptions } from "./optimizers/lbfgs.js";
export { Lion, type LionOptions, type LionSettings } from "./optimizers/lion.js";
export { NAdam, type NAdamOptions, type NAdamSettings } from "./optimizers/nadam.js";
export { Optimizer, type OptimizerOptions, type StepOptions, type Update } from "./optimizers/optimizer.js";
export type {
  OptimizedParameters,
  ParameterGroup,
  ParameterGroupOptions,
} from "./optimizers/parameter-groups.js";
export { RMSprop, type RMSpropOptions, type RMSpropSettings } from "./optimizers/rmsprop.js";
export type { OptimizerForm } from "./optimizers/settings.js";
export { Momentum, type MomentumOptions, Nesterov, SGD, type SGDOptions, type SGDSettings } from "./optimizers/sgd.js";
export type { ClassificationOptions } from "./report/predictions.js";
export { ReportRecorder } from "./report/recorder.js";
export type { RecorderOptions, ReportEvent, ReportTarget } from "./report/recorder-options.js";
export type {
  ClassPredictions,
  Distribution,
  Histogram,
  Mistake,
  ReportData,
  ReportImage,
  ReportLayer,
  Units,
} from "./report/report-data.js";
export {
  type CosineDecayOptions,
  type CosineRestartsOptions,
  cosineDecay,
  cosineRestarts,
  type OneCycleOptions,
  oneCycle,
  type WarmUpOptions,
  warmUp,
} from "./schedules/cycles.js";
export {
  type ExponentialDecayOptions,
  exponentialDecay,
  type LinearDecayOptions,
  linearDecay,
  type MultiStepDecayOptions,
  multiStepDecay,
  type PolynomialDecayOptions,
  polynomialDecay,
  type StepDecayOptions,
  stepDecay,
} from "./schedules/decays.js";
export { ReduceOnPlateau, type ReduceOnPlateauOptions } from "./schedules/reduce-on-plateau.js";
export type { Schedule } from "./schedules/schedule.js";
export { DivergenceError } from "./training/divergence-error.js";
export type { BatchOf, BatchSource, DataLike, RowData, TrainingData } from "./training/feed.js";
export type { Evaluation, History } from "./training/history.js";
export type { Best, MonitorOptions } from "./training/monitor.js";
export type { Settings } from "./training/snapshot.js";
export { type LayerSummary, type Summary, type SummaryOptions, summary } from "./training/summary.js";
export { type TrainStep, type TrainStepOptions, trainStep } from "./training/train-step.js";
export { Trainer } from "./training/trainer.js";
export type { CheckpointStore, Predictions, TrainerCallback, TrainerOptions } from "./training/trainer-options.js";
