
?
imagesPlaceholder*
dtype0*
shape:
z
opExtractImagePatchesimages*
T0*
ksizes
*
paddingVALID*
rates
*
strides
