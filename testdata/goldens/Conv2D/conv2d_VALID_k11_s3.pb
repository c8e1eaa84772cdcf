
>
inputPlaceholder*
dtype0*
shape:
o
filterConst*
dtype0*Q
valueHBF"0–fø≤ö?xò=`3≤æ€ï>2Ÿ?m¢>8mÿ>ì“Næµ~ÇæÎ]«>zf’æ
M
opConv2Dinputfilter*
T0*
paddingVALID*
strides
