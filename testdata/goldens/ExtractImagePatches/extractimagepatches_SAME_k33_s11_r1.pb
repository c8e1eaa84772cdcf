
?
imagesPlaceholder*
dtype0*
shape:
y
opExtractImagePatchesimages*
T0*
ksizes
*
paddingSAME*
rates
*
strides
