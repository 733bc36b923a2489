import { zeros } from "./declared.js";
import { adaptiveAvgPool2d, conv1d, conv2d, convTranspose2d, globalAvgPool, maxPool2d, pad } from "./windows.js";

const images = zeros([100, 6, 28, 28]);
conv2d(images, zeros([16, 5, 3, 3])); // error: conv2d: x has 6 channels, the filters take 5
conv2d(images, zeros([16, 6, 3])); // error: conv2d: w has 4 axes, got [16, 6, 3]
conv2d(zeros([6, 28, 28]), zeros([16, 6, 3, 3])); // error: conv2d: x has 4 axes, got [6, 28, 28]
conv1d(images, zeros([16, 6, 3])); // error: conv1d: x has 3 axes, got [100, 6, 28, 28]
convTranspose2d(images, zeros([5, 6, 3, 3])); // error: convTranspose2d: x has 6 channels, w takes 5
maxPool2d(zeros([6, 28, 28]), { kernel: 2 }); // error: maxPool2d: x has 4 axes, got [6, 28, 28]
adaptiveAvgPool2d(zeros([6, 28, 28]), 2); // error: adaptiveAvgPool2d: x has 4 axes, got [6, 28, 28]
globalAvgPool(zeros([6, 28])); // error: globalAvgPool: x has a spatial axis at least, got [6, 28]
pad(zeros([2, 3]), [[1, 1]]); // error: pad: 1 pairs for the 2 axes of [2, 3]
