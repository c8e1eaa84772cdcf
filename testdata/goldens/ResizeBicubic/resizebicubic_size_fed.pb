
?
imagesPlaceholder*
dtype0*
shape:
1
sizePlaceholder*
dtype0*
shape:
*
opResizeBicubicimagessize*
T0