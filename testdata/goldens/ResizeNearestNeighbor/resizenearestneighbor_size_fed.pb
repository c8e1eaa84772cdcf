
?
imagesPlaceholder*
dtype0*
shape:
1
sizePlaceholder*
dtype0*
shape:
2
opResizeNearestNeighborimagessize*
T0