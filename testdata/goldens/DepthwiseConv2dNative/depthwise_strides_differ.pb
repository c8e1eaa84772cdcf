
>
inputPlaceholder*
dtype0*
shape:
®
filterConst*
dtype0*
value…B‚"lÖ‚¯>Û‘Û¼Ëö>Û>‚(>\î½!£>V¥ >²h?Cï…?É<(5‹=î¿~·¿ah¬¾“C‚¸Ş¾=l6>ş½;¾ál!=Vtx=d?£|>Ñá=´šó>%ƒN¾åÜ?
[
opDepthwiseConv2dNativeinputfilter*
T0*
paddingSAME*
strides
