
?
imagesPlaceholder*
dtype0*
shape:
1
sizePlaceholder*
dtype0*
shape:
+
opResizeBilinearimagessize*
T0